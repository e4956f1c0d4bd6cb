// SPDX-License-Identifier: GPL-2.0
/*
 * fgft_flow.ko: a network client that is quick enough to see 20 microseconds.
 *
 *	insmod fgft_flow.ko near=nut far=peer0
 *	echo 25 > /sys/module/fgft_flow/parameters/spacing_us
 *	echo 0 > /sys/module/fgft_flow/parameters/spacing_us
 *	cat /sys/module/fgft_flow/parameters/result	# a line of JSON
 *
 * A packet is due every so many microseconds each way, those of the far end
 * half a spacing behind those of the near one.  What is measured is what the
 * user's probe measures (harness/guest/probe.cc): the longest time without a
 * delivery less the spacing, what never came, what came twice.  A program's
 * system calls and wake-ups take longer than that spacing where an instruction
 * takes a nanosecond, so this client is a thread of the kernel, before all
 * others, and frames of a protocol of its own.  Soft interrupts that were put
 * off come before programs, too: on one CPU a client would else wait for whoever
 * plants the fault.
 *
 * Where packets take longer than that, the spacing grows: half of it is left to
 * others, or whoever is to end the run would never be heard.
 *
 * The near device is looked up for each packet, as a driver that is restarted
 * makes a new one.  The far one stays.
 */
#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/etherdevice.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/vmalloc.h>
#include <net/net_namespace.h>

#define MAGIC		0x46474657	/* "FGFW" */
#define PACKETS		BIT(20)		/* of a run, each way; later ones are not sent */
#define SETTLE_MS	50		/* for the last packets to arrive */
#define WARM_NS		(5 * NSEC_PER_MSEC)	/* first packets find nothing ready */

static char *near = "nut";
module_param(near, charp, 0400);
MODULE_PARM_DESC(near, "interface under test");

static char *far = "peer0";
module_param(far, charp, 0400);
MODULE_PARM_DESC(far, "its peer, in any namespace");

struct payload {
	__be32 magic;
	__be32 run;
	__be32 way;
	__be32 sequence;
};

/* One direction. */
struct way {
	spinlock_t lock;	/* protects what the receiver writes, from here on */
	u32 received;
	u32 duplicated;
	u64 last_ns;		/* newest delivery, or begin of the run */
	u64 longest_ns;		/* without one */
	u64 longest_at_ns;	/* where that ended */
	unsigned long *seen;
};

enum { OUT, IN, WAYS };

static const char * const way_names[WAYS] = { "nut_to_peer", "peer_to_nut" };

/* Serialises start, stop and reading. */
static DEFINE_MUTEX(control);

static struct {
	struct way way[WAYS];
	struct net_device *far;
	u8 near_address[ETH_ALEN];
	u8 far_address[ETH_ALEN];
	struct task_struct *sender;
	u32 run;
	u32 offered;		/* each way */
	u64 spacing_ns;
	u64 start_ns;
	u64 end_ns;
} flow;

/* ---- delivery ------------------------------------------------------------------ */

static void note_gap(struct way *way, u64 now)
{
	lockdep_assert_held(&way->lock);

	if (now > flow.start_ns + WARM_NS && now > way->last_ns &&
	    now - way->last_ns > way->longest_ns) {
		way->longest_ns = now - way->last_ns;
		way->longest_at_ns = now;
	}
	way->last_ns = max(now, way->last_ns);
}

static int receive(struct sk_buff *skb, struct net_device *dev,
		   struct packet_type *type, struct net_device *original)
{
	const struct payload *found;
	struct payload copy;
	struct way *way;
	u32 sequence;

	found = skb_header_pointer(skb, 0, sizeof(copy), &copy);
	if (!found || be32_to_cpu(found->magic) != MAGIC ||
	    be32_to_cpu(found->run) != READ_ONCE(flow.run) ||
	    be32_to_cpu(found->way) >= WAYS ||
	    be32_to_cpu(found->sequence) >= PACKETS)
		goto out;
	way = &flow.way[be32_to_cpu(found->way)];
	sequence = be32_to_cpu(found->sequence);
	spin_lock_bh(&way->lock);
	if (__test_and_set_bit(sequence, way->seen)) {
		way->duplicated++;
	} else {
		way->received++;
		note_gap(way, ktime_get_ns());
	}
	spin_unlock_bh(&way->lock);
out:
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static struct packet_type type = {
	.type = cpu_to_be16(ETH_P_802_EX1),
	.func = receive,
};

/* ---- sending ------------------------------------------------------------------- */

static struct sk_buff *packet(u32 way, u32 sequence)
{
	struct sk_buff *skb = alloc_skb(LL_MAX_HEADER + ETH_ZLEN, GFP_KERNEL);
	struct payload *payload;
	struct ethhdr *header;

	if (!skb)
		return NULL;
	skb_reserve(skb, LL_MAX_HEADER);
	skb_reset_mac_header(skb);
	header = skb_put_zero(skb, ETH_ZLEN);
	ether_addr_copy(header->h_dest, way == OUT ? flow.far_address : flow.near_address);
	ether_addr_copy(header->h_source, way == OUT ? flow.near_address : flow.far_address);
	header->h_proto = type.type;
	skb_set_network_header(skb, ETH_HLEN);
	skb->protocol = type.type;
	payload = (struct payload *)(header + 1);
	payload->magic = cpu_to_be32(MAGIC);
	payload->run = cpu_to_be32(flow.run);
	payload->way = cpu_to_be32(way);
	payload->sequence = cpu_to_be32(sequence);
	return skb;
}

static void send(u32 way, u32 sequence)
{
	struct sk_buff *skb = packet(way, sequence);

	if (!skb)
		return;
	rcu_read_lock();
	skb->dev = way == OUT ? dev_get_by_name_rcu(&init_net, near) : flow.far;
	if (skb->dev && netif_running(skb->dev))
		dev_queue_xmit(skb);
	else
		kfree_skb(skb);
	rcu_read_unlock();
}

static void pause_until(u64 when_ns)
{
	ktime_t due = ns_to_ktime(when_ns);

	set_current_state(TASK_INTERRUPTIBLE);
	if (kthread_should_stop())
		__set_current_state(TASK_RUNNING);
	else
		schedule_hrtimeout(&due, HRTIMER_MODE_ABS);
}

static int send_all(void *unused)
{
	u64 step = div_u64(flow.spacing_ns, WAYS);
	u64 due = flow.start_ns;
	u32 sequence, way;

	for (sequence = 0; sequence < PACKETS && !kthread_should_stop(); sequence++) {
		for (way = 0; way < WAYS; way++) {
			pause_until(due);
			send(way, sequence);
			due = max(due + step, ktime_get_ns() + step / 2);
		}
		flow.offered = sequence + 1;
		flow.end_ns = due;
	}
	while (!kthread_should_stop())
		pause_until(due += NSEC_PER_MSEC);
	return 0;
}

/* ---- control ------------------------------------------------------------------- */

/* Hold the far device and remember both addresses. */
static int find_ends(void)
{
	struct net_device *dev;
	struct net *net;
	int err = -ENODEV;

	dev = dev_get_by_name(&init_net, near);
	if (!dev)
		return err;
	ether_addr_copy(flow.near_address, dev->dev_addr);
	dev_put(dev);
	down_read(&net_rwsem);
	for_each_net(net) {
		dev = dev_get_by_name(net, far);
		if (!dev)
			continue;
		flow.far = dev;
		ether_addr_copy(flow.far_address, dev->dev_addr);
		err = 0;
		break;
	}
	up_read(&net_rwsem);
	return err;
}

static int begin(u64 spacing_ns)
{
	struct task_struct *sender;
	u32 i;
	int err;

	err = find_ends();
	if (err)
		return err;
	WRITE_ONCE(flow.run, flow.run + 1);
	flow.spacing_ns = spacing_ns;
	flow.offered = 0;
	flow.start_ns = ktime_get_ns() + NSEC_PER_MSEC;
	flow.end_ns = flow.start_ns;
	for (i = 0; i < WAYS; i++) {
		struct way *way = &flow.way[i];

		spin_lock_bh(&way->lock);
		bitmap_zero(way->seen, PACKETS);
		way->received = 0;
		way->duplicated = 0;
		way->longest_ns = 0;
		way->longest_at_ns = 0;
		way->last_ns = flow.start_ns;
		spin_unlock_bh(&way->lock);
	}
	sender = kthread_create(send_all, NULL, "fgft_flow");
	if (IS_ERR(sender)) {
		dev_put(flow.far);
		return PTR_ERR(sender);
	}
	sched_set_fifo(sender);
	flow.sender = sender;
	wake_up_process(sender);
	return 0;
}

static void end(void)
{
	u32 i;

	if (!flow.sender)
		return;
	kthread_stop(flow.sender);
	flow.sender = NULL;
	dev_put(flow.far);
	msleep(SETTLE_MS);
	for (i = 0; i < WAYS; i++) {
		spin_lock_bh(&flow.way[i].lock);
		note_gap(&flow.way[i], flow.end_ns);
		spin_unlock_bh(&flow.way[i].lock);
	}
}

static int spacing_set(const char *val, const struct kernel_param *kp)
{
	u32 spacing_us;
	int err;

	err = kstrtou32(val, 0, &spacing_us);
	if (err)
		return err;
	mutex_lock(&control);
	end();
	if (spacing_us)
		err = begin(spacing_us * NSEC_PER_USEC);
	mutex_unlock(&control);
	return err;
}

static int spacing_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%llu\n", div_u64(flow.spacing_ns, NSEC_PER_USEC));
}

static const struct kernel_param_ops spacing_ops = {
	.set = spacing_set,
	.get = spacing_get,
};
module_param_cb(spacing_us, &spacing_ops, NULL, 0600);
MODULE_PARM_DESC(spacing_us, "send a packet each way so often; 0: stop");

static int result_get(char *buf, const struct kernel_param *kp)
{
	int at = 0;
	u32 i;

	mutex_lock(&control);
	at += sysfs_emit_at(buf, at, "{\"spacing_ns\": %llu, \"start_ns\": %llu, \"end_ns\": %llu",
			    flow.spacing_ns, flow.start_ns, flow.end_ns);
	for (i = 0; i < WAYS; i++) {
		const struct way *way = &flow.way[i];
		u64 outage = way->longest_ns > flow.spacing_ns ?
			     way->longest_ns - flow.spacing_ns : 0;

		at += sysfs_emit_at(buf, at,
				    ", \"%s\": {\"offered\": %u, \"received\": %u, \"lost\": %u, \"duplicated\": %u, \"outage_ns\": %llu, \"ended_ns\": %llu}",
				    way_names[i], flow.offered, way->received,
				    flow.offered - way->received, way->duplicated,
				    outage, way->longest_at_ns);
	}
	at += sysfs_emit_at(buf, at, "}\n");
	mutex_unlock(&control);
	return at;
}

static const struct kernel_param_ops result_ops = {
	.get = result_get,
};
module_param_cb(result, &result_ops, NULL, 0400);
MODULE_PARM_DESC(result, "what the newest run saw");

/* What hands packets to the stack when there is much to do. */
static void raise_softirqs(void)
{
	struct task_struct *task;

	rcu_read_lock();
	for_each_process(task)
		if (task->flags & PF_KTHREAD && str_has_prefix(task->comm, "ksoftirqd/"))
			sched_set_fifo(task);
	rcu_read_unlock();
}

static void release(void)
{
	u32 i;

	for (i = 0; i < WAYS; i++)
		vfree(flow.way[i].seen);
}

static int __init flow_init(void)
{
	u32 i;

	for (i = 0; i < WAYS; i++) {
		spin_lock_init(&flow.way[i].lock);
		flow.way[i].seen = vzalloc(BITS_TO_LONGS(PACKETS) * sizeof(long));
		if (!flow.way[i].seen) {
			release();
			return -ENOMEM;
		}
	}
	raise_softirqs();
	dev_add_pack(&type);
	return 0;
}
module_init(flow_init);

static void __exit flow_exit(void)
{
	mutex_lock(&control);
	end();
	mutex_unlock(&control);
	dev_remove_pack(&type);
	release();
}
module_exit(flow_exit);

MODULE_DESCRIPTION("Network client for outages of microseconds");
MODULE_LICENSE("GPL");
