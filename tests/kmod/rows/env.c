// SPDX-License-Identifier: GPL-2.0
/*
 * What acts work on: a device with registers, a network device, an interrupt
 * of nobody's, a page of user memory.  Built for isolation and run natively,
 * so that the domain knows whose all this is.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/kasan.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pm_wakeup.h>
#include <linux/poison.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/string.h>

#include "rows.h"

struct rows rows;
struct rows_env env;

/* ---- the PCI device ------------------------------------------------------------- */

static void filter_write(u64 value)
{
	writel((u32)value, env.regs + ROWS_REG);
	writel(value >> 32, env.regs + ROWS_REG + 4);
}

NATIVE u64 rows_filter(void)
{
	return readl(env.regs + ROWS_REG) |
	       (u64)readl(env.regs + ROWS_REG + 4) << 32;
}

static int rows_suspend(struct device *dev)
{
	return 0;
}

static int rows_resume(struct device *dev)
{
	filter_write(ROWS_FILTER);
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(rows_pm, rows_suspend, rows_resume);

static int rows_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int err;

	if (env.pdev)
		return -EBUSY;
	err = pci_enable_device(pdev);
	if (err)
		return err;
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
	if (err)
		goto disable;
	err = pci_request_regions(pdev, KBUILD_MODNAME);
	if (err)
		goto disable;
	env.regs = pci_iomap(pdev, 1, 0);
	if (!env.regs) {
		err = -ENOMEM;
		goto release_regions;
	}
	env.port = pci_resource_start(pdev, 0);
	env.pdev = pdev;
	device_set_wakeup_capable(&pdev->dev, true);
	pci_set_master(pdev);
	return 0;

release_regions:
	pci_release_regions(pdev);
disable:
	pci_disable_device(pdev);
	return err;
}

static void rows_remove(struct pci_dev *pdev)
{
	pci_iounmap(pdev, env.regs);
	pci_release_regions(pdev);
	pci_disable_device(pdev);
	env.pdev = NULL;
}

static const struct pci_device_id rows_ids[] = {
	{ PCI_DEVICE(0x10ec, 0x8139) },
	{ }
};

static struct pci_driver rows_driver = {
	.name		= KBUILD_MODNAME,
	.id_table	= rows_ids,
	.probe		= rows_probe,
	.remove		= rows_remove,
	.driver.pm	= pm_sleep_ptr(&rows_pm),
};

/* ---- the mouse -------------------------------------------------------------------- */

#define MOUSE_MS	5000	/* binding goes on in the serio core's worker */

static irqreturn_t mouse_interrupt(struct serio *serio, u8 data, u32 flags)
{
	if ((rows.ps2.flags & PS2_FLAG_ACK) && ps2_handle_ack(&rows.ps2, data))
		return IRQ_HANDLED;
	if ((rows.ps2.flags & PS2_FLAG_CMD) &&
	    ps2_handle_response(&rows.ps2, data))
		return IRQ_HANDLED;
	env.hits++;
	return IRQ_HANDLED;
}

/* What a restore leaves: the settings the tests begin with. */
static int mouse_reconnect(struct serio *serio)
{
	u8 resolution = 2, rate = 100;

	env.hits++;
	return ps2_command(&rows.ps2, &resolution, 0x10e8) ?:
	       ps2_command(&rows.ps2, &rate, 0x10f3) ?:
	       ps2_command(&rows.ps2, NULL, 0xe6);
}

static int mouse_connect(struct serio *serio, struct serio_driver *drv)
{
	int err;

	env.hits++;
	ps2_init(&rows.ps2, serio);
	err = serio_open(serio, drv);
	if (err)
		return err;
	env.serio = serio;
	return mouse_reconnect(serio);
}

static void mouse_disconnect(struct serio *serio)
{
	serio_close(serio);
	env.serio = NULL;
}

static const struct serio_device_id mouse_ids[] = {
	{ .type = SERIO_8042, .proto = SERIO_ANY, .id = SERIO_ANY, .extra = SERIO_ANY },
	{ }
};

struct serio_driver rows_serio_driver = {
	.driver.name	= KBUILD_MODNAME,
	.id_table	= mouse_ids,
	.interrupt	= mouse_interrupt,
	.connect	= mouse_connect,
	.reconnect	= mouse_reconnect,
	.disconnect	= mouse_disconnect,
};

static int mouse_setup(void)
{
	unsigned int left;
	int err;

	err = serio_register_driver(&rows_serio_driver);
	if (err)
		return err;
	for (left = MOUSE_MS / 20; left && !READ_ONCE(env.serio); left--)
		msleep(20);
	if (env.serio)
		return 0;
	serio_unregister_driver(&rows_serio_driver);
	return -ENODEV;
}

/* ---- the network device ----------------------------------------------------------- */

static int rows_open(struct net_device *dev)
{
	napi_enable(env.napi);
	netif_start_queue(dev);
	return 0;
}

static int rows_stop(struct net_device *dev)
{
	napi_disable(env.napi);
	return 0;
}

static netdev_tx_t rows_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops rows_netdev_ops = {
	.ndo_open	= rows_open,
	.ndo_stop	= rows_stop,
	.ndo_start_xmit	= rows_xmit,
};

static int rows_poll(struct napi_struct *napi, int budget)
{
	env.hits++;
	napi_complete_done(napi, 0);
	return 0;
}

/* Frames of our protocol that came up to the stack. */
static int rows_receive(struct sk_buff *skb, struct net_device *dev,
			struct packet_type *type, struct net_device *orig)
{
	env.hits++;
	kfree_skb(skb);
	return 0;
}

static struct packet_type rows_packets = {
	.type	= cpu_to_be16(ROWS_PROTOCOL),
	.func	= rows_receive,
};

static int netdev_setup(void)
{
	struct net_device *dev;
	int err;

	dev = alloc_etherdev_mqs(sizeof(struct napi_struct), 2, 1);
	if (!dev)
		return -ENOMEM;
	env.dev = dev;
	env.napi = netdev_priv(dev);
	strscpy(dev->name, "rows%d", IFNAMSIZ);
	dev->netdev_ops = &rows_netdev_ops;
	eth_hw_addr_random(dev);
	netif_napi_add(dev, env.napi, rows_poll);
	err = register_netdev(dev);
	if (err) {
		free_netdev(dev);
		env.dev = NULL;
		return err;
	}
	dev_add_pack(&rows_packets);
	rtnl_lock();
	err = dev_open(dev, NULL);
	rtnl_unlock();
	return err;
}

static void netdev_teardown(void)
{
	if (!env.dev)
		return;
	dev_remove_pack(&rows_packets);
	unregister_netdev(env.dev);
	free_netdev(env.dev);
}

NATIVE struct sk_buff *rows_frame(u32 len)
{
	struct sk_buff *skb = netdev_alloc_skb(env.dev, len + 128);
	struct ethhdr *header;

	if (!skb)
		return NULL;
	skb_reserve(skb, 64);
	header = skb_put_zero(skb, len);
	eth_broadcast_addr(header->h_dest);
	header->h_proto = cpu_to_be16(ROWS_PROTOCOL);
	return skb;
}

/* Freed memory is all poison, whoever had it; KASAN knows without looking. */
NATIVE u64 rows_skb_alive(void)
{
	const void *skb = (const void *)env.smuggled;

#ifdef CONFIG_KASAN_GENERIC
	return skb && !*(const s8 *)kasan_mem_to_shadow(skb);
#else
	return skb && memchr_inv(skb, POISON_FREE, 64);
#endif
}

/* ---- the rest ----------------------------------------------------------------------- */

static int take_smuggled(struct wait_queue_entry *entry, unsigned int mode,
			 int sync, void *key)
{
	env.smuggled = (unsigned long)key;
	return 0;
}

static int irq_setup(void)
{
	int irq = irq_alloc_desc(NUMA_NO_NODE);

	if (irq < 0)
		return irq;
	env.irq = irq;
	irq_set_chip_and_handler(irq, &dummy_irq_chip, handle_simple_irq);
	return 0;
}

static bool on_usb;	/* one device at a time: a call says of none whose it is */

static NATIVE int devices_setup(void)
{
	int err;

	if (on_usb)
		return rows_usb_setup();
	err = pci_register_driver(&rows_driver);
	if (err)
		return err;
	err = netdev_setup();
	if (!err)
		err = mouse_setup();
	if (err) {
		netdev_teardown();
		pci_unregister_driver(&rows_driver);
	}
	return err;
}

static NATIVE void devices_teardown(void)
{
	if (on_usb) {
		rows_usb_teardown();
		return;
	}
	serio_unregister_driver(&rows_serio_driver);
	netdev_teardown();
	pci_unregister_driver(&rows_driver);
}

NATIVE int rows_setup(bool usb)
{
	unsigned long user;
	int err;

	spin_lock_init(&rows.spin);
	mutex_init(&rows.mutex);
	rwlock_init(&rows.rw);
	init_rwsem(&rows.rwsem);
	sema_init(&rows.sem, 1);
	seqlock_init(&rows.seq);
	seqcount_init(&rows.seqcount);
	init_waitqueue_head(&env.smuggle);
	init_waitqueue_func_entry(&env.smuggler, take_smuggled);
	add_wait_queue(&env.smuggle, &env.smuggler);

	user = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_ANONYMOUS | MAP_PRIVATE, 0);
	if (IS_ERR_VALUE(user))
		return user;
	env.user = (u64 __user *)user;
	env.scratch = kzalloc(PAGE_SIZE, GFP_KERNEL);
	if (!env.scratch)
		return -ENOMEM;
	err = -ENOMEM;
	env.wq = alloc_ordered_workqueue("fgft_rows", 0);
	if (!env.wq)
		goto free_scratch;
	err = irq_setup();
	if (err)
		goto destroy_wq;
	on_usb = usb;
	err = devices_setup();
	if (err)
		goto free_irq;
	return 0;

free_irq:
	irq_free_desc(env.irq);
destroy_wq:
	destroy_workqueue(env.wq);
free_scratch:
	kfree(env.scratch);
	return err;
}

NATIVE void rows_teardown(void)
{
	devices_teardown();
	irq_free_desc(env.irq);
	destroy_workqueue(env.wq);
	kfree(env.scratch);
}

NATIVE bool rows_ready(void)
{
	return env.pdev || env.intf;
}

/* Let what other contexts do for us come to its end. */
NATIVE void rows_settle(void)
{
	usleep_range(1500, 2000);
}

NATIVE void rows_fresh(void)
{
	u32 i;

	env.hits = 0;
	env.smuggled = 0;
	rows.out = ROWS_UNSET;
	memset(rows.bits, 0, sizeof(rows.bits));
	rows.bits[0] = ROWS_BITS;
	atomic_set(&rows.count, 100);
	atomic64_set(&rows.count64, 100);
	atomic_long_set(&rows.count_long, 100);
	for (i = 0; i < ARRAY_SIZE(rows.bytes); i++)
		rows.bytes[i] = 0x0101010101010101ULL * i;
	strscpy(rows.text, "some text", sizeof(rows.text));
	rows.p = NULL;
	rows.q = NULL;
	rows.map = NULL;
	rows.netdev = NULL;
	rows.skb = NULL;
	rows.skb2 = NULL;
	rows.page = NULL;
	rows.byte = 0;
	rows.word = 0;
	rows.dword = 0;
	if (env.regs)
		filter_write(ROWS_FILTER);
}
