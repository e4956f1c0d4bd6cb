// SPDX-License-Identifier: GPL-2.0
/* Network devices: state of queues, carrier and NAPI. */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/mii.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "rows.h"

#define DEV	(env.dev)
#define NAPI	(env.napi)
#define TXQ	netdev_get_tx_queue(env.dev, 1)
#define DQL	(&netdev_get_tx_queue(env.dev, 0)->dql)

static struct rtnl_link_stats64 stats64;

static const u8 address[ETH_ALEN] = { 2, 3, 5, 7, 11, 13 };

/* Queues that are stopped, a bit each. */
static u64 stopped(void)
{
	u64 bits = 0;
	u32 i;

	for (i = 0; i < 2; i++)
		if (netif_tx_queue_stopped(netdev_get_tx_queue(DEV, i)))
			bits |= BIT(i);
	return bits;
}

static void stop_all(void)
{
	netif_tx_stop_all_queues(DEV);
}

static void start_all(void)
{
	netif_tx_start_all_queues(DEV);
}

static u64 scheduled(void)
{
	return test_bit(NAPI_STATE_SCHED, &NAPI->state);
}

/* Won, as an interrupt handler does before it schedules. */
static void win(void)
{
	if (!napi_schedule_prep(NAPI))
		pr_warn("napi is busy\n");
}

static void lose(void)
{
	clear_bit(NAPI_STATE_SCHED, &NAPI->state);
}

/* Times the instance was polled, once it has had the time. */
static u64 polls(void)
{
	rows_settle();
	return env.hits;
}

/* Frames handed to the stack, whether it has got round to them or not. */
static u64 received(void)
{
	rows_settle();
	return env.hits + NAPI->rx_count;
}

/* A poll flushes what GRO has gathered. */
static void flush(void)
{
	local_bh_disable();
	napi_schedule(NAPI);
	local_bh_enable();
	rows_settle();
}

static void frame(void)
{
	rows.skb = rows_frame(64);
	rows.skb->protocol = eth_type_trans(rows.skb, DEV);
}

/* A frame in a page, as drivers for large receive buffers make them. */
static void frags(void)
{
	struct sk_buff *skb = napi_get_frags(NAPI);
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	struct ethhdr *header = page_address(page);

	eth_broadcast_addr(header->h_dest);
	header->h_proto = cpu_to_be16(ROWS_PROTOCOL);
	skb_add_rx_frag(skb, 0, page, 0, 64, PAGE_SIZE);
}

static u64 dev_address(void)
{
	u64 word = 0;

	memcpy(&word, DEV->dev_addr, ETH_ALEN);
	return word;
}

static u64 wanted_address(void)
{
	u64 word = 0;

	memcpy(&word, address, ETH_ALEN);
	return word;
}

static u64 rss_key(void)
{
	static u64 key;

	netdev_rss_key_fill(&key, sizeof(key));
	return key;
}

static const struct net_device_ops other_ops;

static void have_netdev(void)
{
	rows.netdev = alloc_etherdev_mqs(sizeof(struct napi_struct), 2, 1);
	strscpy(rows.netdev->name, "other%d", IFNAMSIZ);
	rows.netdev->netdev_ops = &other_ops;
	eth_hw_addr_random(rows.netdev);
}

static void have_registered(void)
{
	have_netdev();
	if (register_netdev(rows.netdev))
		pr_warn("no second network device\n");
}

static u64 registered(void)
{
	return rows.netdev->reg_state == NETREG_REGISTERED;
}

static void drop_netdev(void)
{
	if (rows.netdev->reg_state == NETREG_REGISTERED)
		unregister_netdev(rows.netdev);
	free_netdev(rows.netdev);
}

static int poll(struct napi_struct *napi, int budget)
{
	return 0;
}

/* As for the domain: the structure, aligned, and private data behind it. */
#define DEVICE_BYTES	(ALIGN(sizeof(struct net_device), NETDEV_ALIGN) + 64)

#define SUITE		net
#define SUITE_FILE	"net.def"
#include "suite.h"
