/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What rows undo and commit by: UNDO(x, ...) and COMMIT(x, ...) name these.
 * Included by kapi.c alone.
 *
 * An effect frees what the domain knows only after the domain has forgotten
 * it: the allocator may give the memory away at once.
 */

/* memory.def */
KAPI_EFFECT(kfree, fgft_domain_remove(AS(void *, a)); kfree(AS(void *, a)))
KAPI_EFFECT(kfree_sensitive, fgft_domain_remove(AS(void *, a));
	    kfree_sensitive(AS(void *, a)))
KAPI_EFFECT(vfree, fgft_domain_remove(AS(void *, a)); vfree(AS(void *, a)))
KAPI_EFFECT(free_pages, __free_pages(AS(struct page *, a), b))
KAPI_EFFECT(put_page, put_page(AS(struct page *, a)))
KAPI_EFFECT(kunmap_atomic, __kunmap_atomic(AS(void *, a)))
/* Nobody uses the mapping any more, only the counts are missing. */
KAPI_EFFECT(kmap_atomic, preempt_disable(); pagefault_disable())

/* dma.def */
KAPI_EFFECT(dma_free, fgft_domain_remove(AS(void *, c));
	    dma_free_coherent(AS(struct device *, a), b, AS(void *, c), d))
KAPI_EFFECT(dma_unmap_single,
	    dma_unmap_single_attrs(AS(struct device *, a), b, c, d & 0xff,
				   d >> 8))
KAPI_EFFECT(dma_unmap_page,
	    dma_unmap_page_attrs(AS(struct device *, a), b, c, d & 0xff,
				 d >> 8))
/*
 * Of a mapping that is taken back the driver may not have checked yet whether it
 * came about, which DMA debugging would report at the unmap.
 */
KAPI_EFFECT(dma_unmap_single_unchecked,
	    dma_mapping_error(AS(struct device *, a), b);
	    dma_unmap_single_attrs(AS(struct device *, a), b, c, d & 0xff,
				   d >> 8))
KAPI_EFFECT(dma_unmap_page_unchecked,
	    dma_mapping_error(AS(struct device *, a), b);
	    dma_unmap_page_attrs(AS(struct device *, a), b, c, d & 0xff,
				 d >> 8))

/* irq.def */
KAPI_EFFECT(enable_irq, enable_irq(a))
KAPI_EFFECT(disable_irq_nosync, disable_irq_nosync(a))

/* work.def */
KAPI_EFFECT(cancel_work, cancel_work(AS(struct work_struct *, a)))
KAPI_EFFECT(cancel_delayed_work,
	    cancel_delayed_work(AS(struct delayed_work *, a)))
KAPI_EFFECT(tasklet_schedule,
	    tasklet_schedule(AS(struct tasklet_struct *, a)))
KAPI_EFFECT(complete, complete(AS(struct completion *, a)))
KAPI_EFFECT(complete_all, complete_all(AS(struct completion *, a)))

KAPI_EFFECT(destroy_workqueue,
	    destroy_workqueue(AS(struct workqueue_struct *, a)))

/* device.def */
KAPI_EFFECT(device_remove_file,
	    device_remove_file(AS(struct device *, a),
			       AS(struct device_attribute *, b)))
KAPI_EFFECT(device_remove_groups,
	    device_remove_groups(AS(struct device *, a),
				 AS(const struct attribute_group **, b)))
KAPI_EFFECT(sysfs_remove_group,
	    sysfs_remove_group(AS(struct kobject *, a),
			       AS(struct attribute_group *, b)))
KAPI_EFFECT(bus_unregister_notifier,
	    bus_unregister_notifier(AS(struct bus_type *, a),
				    AS(struct notifier_block *, b)))

/* input.def */
KAPI_EFFECT(input_free_device, kapi_input_untrack(AS(struct input_dev *, a));
	    input_free_device(AS(struct input_dev *, a)))
KAPI_EFFECT(input_unregister_device,
	    kapi_input_untrack(AS(struct input_dev *, a));
	    input_unregister_device(AS(struct input_dev *, a)))
/* The driver, rolled back, holds it as one that was never registered. */
KAPI_EFFECT(input_unregister_device_kept,
	    input_get_device(AS(struct input_dev *, a));
	    input_unregister_device(AS(struct input_dev *, a)))
KAPI_EFFECT(input_event, input_event(AS(struct input_dev *, a), b, c, d))
KAPI_EFFECT(input_mt_report_finger_count,
	    input_mt_report_finger_count(AS(struct input_dev *, a), b))
KAPI_EFFECT(input_mt_report_pointer_emulation,
	    input_mt_report_pointer_emulation(AS(struct input_dev *, a), b))
KAPI_EFFECT(input_mt_drop_unused,
	    input_mt_drop_unused(AS(struct input_dev *, a)))
KAPI_EFFECT(input_mt_sync_frame,
	    input_mt_sync_frame(AS(struct input_dev *, a)))

/* serio.def */
KAPI_EFFECT(ps2_begin_command, ps2_begin_command(AS(struct ps2dev *, a)))
KAPI_EFFECT(ps2_end_command, ps2_end_command(AS(struct ps2dev *, a)))
KAPI_EFFECT(serio_unregister_driver,
	    serio_unregister_driver(AS(struct serio_driver *, a)))
KAPI_EFFECT(serio_open, (void)serio_open(AS(struct serio *, a),
					 AS(struct serio_driver *, b)))
KAPI_EFFECT(serio_close, serio_close(AS(struct serio *, a)))
KAPI_EFFECT(serio_reconnect, serio_reconnect(AS(struct serio *, a)))
KAPI_EFFECT(serio_rescan, serio_rescan(AS(struct serio *, a)))
KAPI_EFFECT(serio_register_port, fgft_domain_remove(AS(void *, a));
	    __serio_register_port(AS(struct serio *, a), AS(struct module *, b)))

/* pci.def */
KAPI_EFFECT(iounmap, fgft_domain_remove(AS(void *, a));
	    iounmap(AS(void __iomem *, a)))
KAPI_EFFECT(pci_iounmap, fgft_domain_remove(AS(void *, b));
	    pci_iounmap(AS(struct pci_dev *, a), AS(void __iomem *, b)))
KAPI_EFFECT(pci_unregister_driver,
	    pci_unregister_driver(AS(struct pci_driver *, a)))
KAPI_EFFECT(pci_disable_device, pci_disable_device(AS(struct pci_dev *, a)))
KAPI_EFFECT(release_region, __release_region(AS(struct resource *, a), b, c))
KAPI_EFFECT(pci_release_regions, pci_release_regions(AS(struct pci_dev *, a)))
KAPI_EFFECT(pci_release_selected_regions,
	    pci_release_selected_regions(AS(struct pci_dev *, a), b))
KAPI_EFFECT(pci_set_power_state,
	    pci_set_power_state(AS(struct pci_dev *, a), b))
KAPI_EFFECT(pci_enable_wake, pci_enable_wake(AS(struct pci_dev *, a), b, c))
KAPI_EFFECT(pci_wake_from_d3, pci_wake_from_d3(AS(struct pci_dev *, a), b))
KAPI_EFFECT(pcix_set_mmrbc, pcix_set_mmrbc(AS(struct pci_dev *, a), b))
KAPI_EFFECT(device_set_wakeup_enable,
	    device_set_wakeup_enable(AS(struct device *, a), b))

/* net.def; in kapi_net.c */
void kapi_napi_start(struct napi_struct *napi);

KAPI_EFFECT(unregister_netdev, unregister_netdev(AS(struct net_device *, a)))
KAPI_EFFECT(netif_napi_del, netif_napi_del(AS(struct napi_struct *, a)))
KAPI_EFFECT(free_netdev, kapi_netdev_untrack(AS(struct net_device *, a));
	    free_netdev(AS(struct net_device *, a)))
KAPI_EFFECT(netif_carrier_on, netif_carrier_on(AS(struct net_device *, a)))
KAPI_EFFECT(netif_carrier_off, netif_carrier_off(AS(struct net_device *, a)))
KAPI_EFFECT(netif_device_detach,
	    netif_device_detach(AS(struct net_device *, a)))
KAPI_EFFECT(napi_disable, napi_disable(AS(struct napi_struct *, a)))
KAPI_EFFECT(__napi_schedule, kapi_napi_start(AS(struct napi_struct *, a)))
KAPI_EFFECT(eth_hw_addr_set,
	    eth_hw_addr_set(AS(struct net_device *, a), (const u8 *)&b))

/* Byte queue limits: a send's counters and what stops the queue. */
static void kapi_do_bql_stop(u64 a, u64 b, u64 c, u64 d)
{
	struct netdev_queue *txq = AS(struct netdev_queue *, a);

	set_bit(__QUEUE_STATE_STACK_XOFF, &txq->state);
}

static void kapi_do_bql_go(u64 a, u64 b, u64 c, u64 d)
{
	struct netdev_queue *txq = AS(struct netdev_queue *, a);

	if (test_and_clear_bit(__QUEUE_STATE_STACK_XOFF, &txq->state))
		netif_schedule_queue(txq);
}

/* What a send changed, in one record: it is made for every frame. */
static void kapi_do_bql_unsend(u64 a, u64 b, u64 c, u64 d)
{
	struct dql *dql = &AS(struct netdev_queue *, a)->dql;

	dql->num_queued = (u32)b;
	dql->last_obj_cnt = b >> 32;
	if (c)
		kapi_do_bql_stop(a, 0, 0, 0);
	else
		kapi_do_bql_go(a, 0, 0, 0);
}

/*
 * The sender's counters and the completion's are on lines of their own; a call
 * on one side must not put back what the other side has counted since.
 */
static __always_inline void kapi_bql_undo(struct fgft_call *c,
					  struct netdev_queue *txq, u32 sides,
					  unsigned long ip)
{
	bool stopped = test_bit(__QUEUE_STATE_STACK_XOFF, &txq->state);
	struct dql *dql = &txq->dql;

	if (sides & KAPI_BQL_SENDER)
		UNDO(bql_unsend, 0, txq,
		     dql->num_queued | (u64)dql->last_obj_cnt << 32, stopped);
	else if (stopped)
		UNDO(bql_stop, 0, txq);
	else
		UNDO(bql_go, 0, txq);
	if (sides & KAPI_BQL_COMPLETION) {
		fgft_write_log(c, &dql->adj_limit, sizeof(dql->adj_limit), ip);
		fgft_write_log(c, &dql->limit,
			       offsetof(struct dql, max_limit) -
				       offsetof(struct dql, limit), ip);
	}
}

/* skb.def: whatever the context, interrupts may be off at rollback */
KAPI_EFFECT(kfree_skb, dev_kfree_skb_any(AS(struct sk_buff *, a)))
KAPI_EFFECT(consume_skb, dev_consume_skb_any(AS(struct sk_buff *, a)))
KAPI_EFFECT(napi_consume_skb, napi_consume_skb(AS(struct sk_buff *, a), b))
KAPI_EFFECT(skb_free_frag, skb_free_frag(AS(void *, a)))
