// SPDX-License-Identifier: GPL-2.0
/* Socket buffers: alive, freed once, and as they were. */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/net_tstamp.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/net.h>
#include <net/sock.h>
#include <net/ip6_checksum.h>

#include "rows.h"

#define DEV	(env.dev)
#define NAPI	(env.napi)
#define FRAME	64

static void destroyed(struct sk_buff *skb)
{
	env.hits++;
}

/* A frame that tells when it is freed, or handed to somebody else. */
static void have(void)
{
	rows.skb = rows_frame(FRAME);
	rows.skb->destructor = destroyed;
}

/* The frame as the stack would get it back. */
static u64 frame(void)
{
	const struct sk_buff *skb = rows.skb;

	return (u64)skb->len | (u64)skb->data_len << 16 |
	       (u64)(skb_headroom(skb) & 0xffff) << 32 |
	       (u64)(skb_tail_pointer(skb) - skb->data) << 48;
}

#define FRAMED(len, data_len, headroom, linear) \
	((u64)(len) | (u64)(data_len) << 16 | (u64)(headroom) << 32 | \
	 (u64)(linear) << 48)

static void drop(void)
{
	kfree_skb(rows.skb);
}

/* Somebody else has the data, too. */
static void have_clone(void)
{
	rows.skb = rows_frame(FRAME);
	rows.skb2 = skb_clone(rows.skb, GFP_KERNEL);
}

static void drop_clone(void)
{
	kfree_skb(rows.skb);
	kfree_skb(rows.skb2);
}

static u64 shared(void)
{
	return skb_cloned(rows.skb);
}

/* A page of data behind the linear part. */
static void have_paged(void)
{
	rows.skb = rows_frame(FRAME);
	skb_add_rx_frag(rows.skb, 0, alloc_page(GFP_KERNEL | __GFP_ZERO), 0,
			256, PAGE_SIZE);
}

static void have_short(void)
{
	rows.skb = rows_frame(20);
}

static void have_received(void)
{
	rows.skb = rows_frame(FRAME);
	rows.skb->protocol = eth_type_trans(rows.skb, DEV);
}

static u64 received(void)
{
	rows_settle();
	return env.hits;
}

/* IPv4 and TCP headers, for who asks where they are. */
static void have_tcp(void)
{
	rows.skb = rows_frame(FRAME);
	rows.skb->protocol = cpu_to_be16(ETH_P_IP);
	skb_set_network_header(rows.skb, 14);
	skb_set_transport_header(rows.skb, 34);
	tcp_hdr(rows.skb)->doff = 5;
	rows.skb->ip_summed = CHECKSUM_PARTIAL;
	rows.skb->csum_start = skb_headroom(rows.skb) + 34;
}

#define TCP(name, expression, wanted) \
	ROW(name, CHANGES, 0, have_tcp(), OUT(expression), rows.out, wanted, drop())

static void have_buffer(void)
{
	rows.p = kmalloc(1024, GFP_KERNEL);
}

/* References on the page fragments are cut from, counted from here on. */
static void have_frag(void)
{
	rows.p = netdev_alloc_frag(128);
	get_page(virt_to_head_page(rows.p));
}

static u64 frag_references(void)
{
	return page_ref_count(virt_to_head_page(rows.p));
}

static void put_frag_page(void)
{
	put_page(virt_to_head_page(rows.p));
}

/* Fragments out: one if told of, less what was given back since. */
static void count_frags(void)
{
	rows.q = netdev_alloc_frag(128);
	rows.bytes[0] = page_ref_count(virt_to_head_page(rows.q));
}

static u64 frags_out(void)
{
	u64 back = rows.bytes[0] - page_ref_count(virt_to_head_page(rows.q));

	return !!env.smuggled - back;
}

static void free_frags(void)
{
	if (rows.p)
		skb_free_frag(rows.p);
	skb_free_frag(rows.q);
}

static u64 gathering(void)
{
	return !!NAPI->skb;
}

static void gather(void)
{
	napi_get_frags(NAPI);
}

static void gather_none(void)
{
	if (NAPI->skb)
		napi_free_frags(NAPI);
}

/* A sender that wants to know when its frame left. */
static struct socket *sender;

static void have_timed(void)
{
	rows.skb = rows_frame(FRAME);
	skb_shinfo(rows.skb)->tx_flags |= SKBTX_SW_TSTAMP;
	if (sock_create_kern(&init_net, AF_INET, SOCK_DGRAM, 0, &sender)) {
		pr_warn("no socket\n");
		return;
	}
	sender->sk->sk_tsflags = SOF_TIMESTAMPING_TX_SOFTWARE |
				 SOF_TIMESTAMPING_SOFTWARE |
				 SOF_TIMESTAMPING_OPT_TSONLY;
	rows.skb->sk = sender->sk;
}

static u64 time_stamps(void)
{
	return skb_queue_len(&sender->sk->sk_error_queue);
}

static void drop_timed(void)
{
	rows.skb->sk = NULL;
	kfree_skb(rows.skb);
	sock_release(sender);
}

#define SUITE		skb
#define SUITE_FILE	"skb.def"
#include "suite.h"
