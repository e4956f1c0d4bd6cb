// SPDX-License-Identifier: GPL-2.0
/*
 * Words and wrappers of net.def: queues, NAPI, and the memory of a network
 * device.
 */

#include <linux/etherdevice.h>
#include <linux/netdevice.h>

#include "kapi.h"

/* ---- memory ------------------------------------------------------------------ */

/*
 * A device is one piece with the driver's private data behind it.  Its
 * transmit queues are another, which the driver stores to through inline
 * helpers (netif_trans_update()).
 */
void kapi_netdev_track(struct fgft_call *c, unsigned long ip,
		       const struct net_device *dev, size_t priv)
{
	kapi_track(c, ip, dev, ALIGN(sizeof(*dev), NETDEV_ALIGN) + priv,
		   FGFT_RANGE_NETDEV);
	kapi_track(c, ip, dev->_tx, dev->num_tx_queues * sizeof(*dev->_tx),
		   FGFT_RANGE_OBJECT);
}

void kapi_netdev_untrack(const struct net_device *dev)
{
	fgft_domain_remove(dev->_tx);
	fgft_domain_remove(dev);
}

u64 kapi_address(const u8 *address)
{
	u64 word = 0;

	memcpy(&word, address, ETH_ALEN);
	return word;
}

/* ---- queues ------------------------------------------------------------------- */

void kapi_queue_need(struct fgft_call *c, const struct netdev_queue *txq,
		     unsigned long ip, const char *what)
{
	const struct net_device *dev;

	kapi_need(c, FGFT_OBJECT_READABLE, txq, sizeof(*txq), ip, what);
	dev = txq->dev;
	kapi_need(c, FGFT_OBJECT_NETDEV, dev, 0, ip, what);
	if (txq < dev->_tx || txq >= dev->_tx + dev->num_tx_queues)
		fgft_abort(c, FGFT_CAUSE_ARGUMENT, ip, (unsigned long)txq,
			   what);
}

/*
 * Left to the class when recovery has taken the device away in the meantime:
 * attaching it wakes every queue.
 */
static void kapi_do_queue_wake(u64 a, u64 b, u64 c, u64 d)
{
	struct netdev_queue *txq = AS(struct netdev_queue *, a);

	if (netif_device_present(txq->dev))
		netif_tx_wake_queue(txq);
}

static void kapi_do_queue_start(u64 a, u64 b, u64 c, u64 d)
{
	struct netdev_queue *txq = AS(struct netdev_queue *, a);

	if (netif_device_present(txq->dev))
		netif_tx_start_queue(txq);
}

KAPI_EFFECT(queue_stop, netif_tx_stop_queue(AS(struct netdev_queue *, a)))

void kapi_queue_open(struct fgft_call *c, struct netdev_queue *txq, bool wake)
{
	if (!netif_tx_queue_stopped(txq))
		return;
	if (wake)
		COMMIT(queue_wake, txq);
	else
		COMMIT(queue_start, txq);
}

void kapi_queues_open(struct fgft_call *c, struct net_device *dev, bool wake)
{
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++)
		kapi_queue_open(c, netdev_get_tx_queue(dev, i), wake);
}

void kapi_queue_stop(struct fgft_call *c, struct netdev_queue *txq)
{
	if (netif_tx_queue_stopped(txq)) {
		CANCEL(queue_wake, txq);
		CANCEL(queue_start, txq);
	} else {
		UNDO(queue_wake, 0, txq);
	}
}

void kapi_queues_stop(struct fgft_call *c, struct net_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++)
		kapi_queue_stop(c, netdev_get_tx_queue(dev, i));
}

void kapi_queues_undo(struct fgft_call *c, struct net_device *dev)
{
	struct netdev_queue *txq;
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++) {
		txq = netdev_get_tx_queue(dev, i);
		if (netif_tx_queue_stopped(txq))
			UNDO(queue_stop, 0, txq);
		else
			UNDO(queue_wake, 0, txq);
	}
}

/* ---- attaching ------------------------------------------------------------------ */

/* Not while recovery keeps the kernel away: it attaches in the end. */
static void kapi_do_attach(u64 a, u64 b, u64 c, u64 d)
{
	struct net_device *dev = AS(struct net_device *, a);
	struct fgft_device *record = NULL;

	if (dev->dev.parent)
		record = fgft_checkpoint_find(dev->dev.parent);
	if (!record || !READ_ONCE(record->quiesced))
		netif_device_attach(dev);
}

KAPI_EXPORT(void, netif_device_detach, (struct net_device *dev))
{
	KAPI_ENTER(netif_device_detach);

	if (c) {
		NEED(NETDEV, dev, 0);
		/* Older, so last: attaching wakes queues that were stopped. */
		kapi_queues_undo(c, dev);
		if (netif_device_present(dev))
			UNDO(attach, 0, dev);
	}
	netif_device_detach(dev);
}

/* ---- NAPI ------------------------------------------------------------------------ */

KAPI_EFFECT(napi_schedule, __napi_schedule(AS(struct napi_struct *, a)))
KAPI_EFFECT(gro_receive, napi_gro_receive(AS(struct napi_struct *, b),
					  AS(struct sk_buff *, a)))
KAPI_EFFECT(napi_enable, napi_enable(AS(struct napi_struct *, a)))
/* Won, but never put on a poll list. */
KAPI_EFFECT(napi_unschedule,
	    clear_bit(NAPI_STATE_SCHED, &AS(struct napi_struct *, a)->state))

/*
 * A poll that has said it is complete turns the device's interrupt on, but is
 * the instance's owner until it commits.  An interrupt in between may schedule
 * nothing, so that the handler would not turn it off again, and come back at
 * once, over and over, until the poll's CPU gets on:
 *
 *	CPU 0: poll                        CPU 1: handler
 *	  napi_complete_done()
 *	  interrupt on
 *	                                     napi_schedule_prep()	true
 *	                                     interrupt off
 *	                                     __napi_schedule()
 *	                                   commit: MISSED, or scheduled
 *	commit: complete, or polled again
 *
 * So the handler is told that it has won.  The poll that comes of it turns the
 * interrupt on.
 */
static DEFINE_PER_CPU(struct napi_struct *, completing);
/* What the handler that runs on this CPU has won only so. */
static DEFINE_PER_CPU(struct napi_struct *, pretended);

static void kapi_do_napi_complete(u64 a, u64 b, u64 c, u64 d)
{
	napi_complete_done(AS(struct napi_struct *, a), b);
	this_cpu_write(completing, NULL);
}

KAPI_EFFECT(napi_incomplete, this_cpu_write(completing, NULL))
KAPI_EFFECT(napi_unpretend, this_cpu_write(pretended, NULL))

static bool is_completing(const struct napi_struct *napi)
{
	int cpu;

	for_each_online_cpu(cpu)
		if (READ_ONCE(per_cpu(completing, cpu)) == napi)
			return true;
	return false;
}

/* An effect of __napi_schedule(), whoever the owner is. */
void kapi_napi_start(struct napi_struct *napi)
{
	if (!in_hardirq() || this_cpu_read(pretended) != napi) {
		__napi_schedule(napi);
		return;
	}
	this_cpu_write(pretended, NULL);
	napi_schedule(napi);
}

KAPI_EXPORT(bool, napi_schedule_prep, (struct napi_struct *napi))
{
	KAPI_ENTER(napi_schedule_prep);

	if (!c)
		return napi_schedule_prep(napi);
	NEED(WRITABLE, napi, sizeof(*napi));
	if (napi_schedule_prep(napi)) {
		/* Left by a handler that did not start what it had won. */
		this_cpu_write(pretended, NULL);
		UNDO(napi_unschedule, 0, napi);
		return true;
	}
	/* A handler stays on its CPU, alone, until it commits. */
	if (!in_hardirq() || !is_completing(napi))
		return false;
	this_cpu_write(pretended, napi);
	UNDO(napi_unpretend, 0);
	return true;
}

KAPI_EXPORT(void, napi_schedule, (struct napi_struct *napi))
{
	KAPI_ENTER(napi_schedule);

	if (!c) {
		napi_schedule(napi);
		return;
	}
	NEED(WRITABLE, napi, sizeof(*napi));
	if (!napi_schedule_prep(napi))
		return;
	UNDO(napi_unschedule, 0, napi);
	COMMIT(napi_schedule, napi);
}

/*
 * Said to be complete, so that the driver turns its interrupt on again.  One
 * that comes before commit finds the instance owned and is noted as missed.
 */
KAPI_EXPORT(bool, napi_complete_done, (struct napi_struct *napi, int done))
{
	KAPI_ENTER(napi_complete_done);

	if (!c)
		return napi_complete_done(napi, done);
	NEED(WRITABLE, napi, sizeof(*napi));
	/* Before the driver turns its interrupt on: a handler finds it here. */
	this_cpu_write(completing, napi);
	UNDO(napi_incomplete, 0);
	COMMIT(napi_complete, napi, done);
	return true;
}

/*
 * The kernel waits without an end for an instance that somebody has, and a
 * driver that has lost its way may have it itself: disabled already, or never
 * enabled.  So the wait is done here, where it can be given up.  The bit keeps
 * others from getting the instance, and the kernel sets it first, too.
 */
static bool napi_wait(struct napi_struct *napi)
{
	const unsigned long taken = NAPIF_STATE_SCHED | NAPIF_STATE_NPSVC;
	unsigned long found, all = taken;
	u64 since_ns = 0;

	set_bit(NAPI_STATE_DISABLE, &napi->state);
	for (;;) {
		found = READ_ONCE(napi->state) & taken;
		if (!found)
			return true;
		/* Who polls has one of the two, and gives it back. */
		all &= found;
		if (!fgft_deadline_wait(&since_ns, all == taken))
			break;
	}
	clear_bit(NAPI_STATE_DISABLE, &napi->state);
	return false;
}

KAPI_EXPORT(void, napi_disable, (struct napi_struct *napi))
{
	KAPI_ENTER(napi_disable);

	if (c) {
		fgft_lock_publish(c);
		kapi_sleeps(c, _RET_IP_, kapi_name);
		NEED(WRITABLE, napi, sizeof(*napi));
		if (!napi_wait(napi))
			fgft_abort(c, FGFT_CAUSE_DEADLINE, _RET_IP_,
				   (unsigned long)napi, kapi_name);
	}
	napi_disable(napi);
	if (c)
		UNDO(napi_enable, 0, napi);
}

KAPI_EXPORT(gro_result_t, napi_gro_receive, (struct napi_struct *napi,
					     struct sk_buff *skb))
{
	KAPI_ENTER(napi_gro_receive);

	if (!c)
		return napi_gro_receive(napi, skb);
	NEED(WRITABLE, napi, sizeof(*napi));
	GIVE(gro_receive, skb, napi);
	return GRO_NORMAL;
}
