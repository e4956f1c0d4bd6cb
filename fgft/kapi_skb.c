// SPDX-License-Identifier: GPL-2.0
/*
 * Wrappers of socket buffer functions: allocation, and everything that changes
 * a frame the stack may get back.
 *
 * Moving a frame's data would leave the undo log with addresses of memory that
 * has been freed, and the structure with pointers to memory that should be.
 * So a clone is made first.  It keeps the old data alive to the end of the
 * call and forces the function to work on a copy.  At commit the clone is
 * freed and the old data with it.  On abort clone and frame change places:
 *
 *	                 frame -> data, clone -> data
 *	function         frame -> copy, clone -> data
 *	abort, first     frame -> copy, clone -> copy
 *	abort, then      frame -> data (from the log), clone freed with the copy
 */

#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "kapi.h"

KAPI_EFFECT(kfree_skb, dev_kfree_skb_any(AS(struct sk_buff *, a)))
KAPI_EFFECT(consume_skb, dev_consume_skb_any(AS(struct sk_buff *, a)))

void kapi_skb_grant(struct fgft_call *c, const struct sk_buff *skb)
{
	fgft_grant(c, skb, sizeof(*skb));
	fgft_grant(c, skb->head, skb_end_offset(skb) +
				 sizeof(struct skb_shared_info));
}

/* ---- what the functions change, and no more ---------------------------------- */

static void kapi_do_skb_shape(u64 a, u64 b, u64 c, u64 d)
{
	struct sk_buff *skb = AS(struct sk_buff *, a);

	skb->data = AS(unsigned char *, b);
	skb->len = (u32)c;
	skb->tail = c >> 32;
}

/*
 * One made inside is freed on abort: whatever its shape is then, it is one the
 * kernel gave it.
 */
void kapi_skb_shape_undo(struct fgft_call *c, struct sk_buff *skb)
{
	if (skb != c->made)
		UNDO(skb_shape, 0, skb, skb->data,
		     skb->len | (u64)skb->tail << 32);
}

static void kapi_do_skb_type(u64 a, u64 b, u64 c, u64 d)
{
	struct sk_buff *skb = AS(struct sk_buff *, a);

	skb->dev = AS(struct net_device *, b);
	skb->mac_header = (u16)c;
	skb->pkt_type = c >> 16;
}

/* eth_type_trans() takes the header off and says what it has found. */
void kapi_skb_type_undo(struct fgft_call *c, struct sk_buff *skb)
{
	if (skb == c->made)
		return;
	kapi_skb_shape_undo(c, skb);
	UNDO(skb_type, 0, skb, skb->dev,
	     skb->mac_header | (u32)skb->pkt_type << 16);
}

/* ---- moving data ----------------------------------------------------------- */

static void kapi_do_swap_back(u64 a, u64 b, u64 c, u64 d)
{
	struct sk_buff *skb = AS(struct sk_buff *, a);
	struct sk_buff *clone = AS(struct sk_buff *, b);

	if (skb->head != clone->head) {
		/* The header reference of a frame whose header was released. */
		if (c)
			atomic_add(1 << SKB_DATAREF_SHIFT,
				   &skb_shinfo(clone)->dataref);
		clone->head = skb->head;
		clone->data = skb->data;
		clone->tail = skb->tail;
		clone->end = skb->end;
		clone->len = skb->len;
		clone->data_len = skb->data_len;
		clone->cloned = skb->cloned;
		clone->nohdr = skb->nohdr;
		clone->head_frag = skb->head_frag;
	}
	dev_consume_skb_any(clone);
}

/* Returns false without memory; the frame is unchanged then. */
static bool skb_keep(struct fgft_call *c, struct sk_buff *skb,
		     unsigned long ip)
{
	struct sk_buff *clone;

	/* All but the reference count, which others change meanwhile. */
	fgft_write_log(c, skb, offsetof(struct sk_buff, users), ip);
	clone = skb_clone(skb, GFP_ATOMIC);
	if (!clone)
		return false;
	UNDO(swap_back, 0, skb, clone, skb->nohdr);
	COMMIT(consume_skb, clone);
	return true;
}

KAPI_EXPORT(int, skb_cow_head, (struct sk_buff *skb, unsigned int headroom))
{
	KAPI_ENTER(skb_cow_head);
	int r;

	if (!c)
		return skb_cow_head(skb, headroom);
	NEED(SKB, skb, 0);
	if (headroom <= skb_headroom(skb) && !skb_header_cloned(skb))
		return 0;
	if (!skb_keep(c, skb, _RET_IP_))
		return -ENOMEM;
	r = skb_cow_head(skb, headroom);
	kapi_skb_grant(c, skb);
	return r;
}

KAPI_EXPORT(void *, __pskb_pull_tail, (struct sk_buff *skb, int delta))
{
	KAPI_ENTER(__pskb_pull_tail);
	void *r;

	if (!c)
		return __pskb_pull_tail(skb, delta);
	NEED(SKB, skb, 0);
	if (!skb_keep(c, skb, _RET_IP_))
		return NULL;
	r = __pskb_pull_tail(skb, delta);
	kapi_skb_grant(c, skb);
	return r;
}

KAPI_EXPORT(int, pskb_trim, (struct sk_buff *skb, unsigned int len))
{
	KAPI_ENTER(pskb_trim);
	int r;

	if (!c)
		return pskb_trim(skb, len);
	NEED(SKB, skb, 0);
	if (len >= skb->len)
		return 0;
	if (!skb_is_nonlinear(skb))
		kapi_skb_shape_undo(c, skb);
	else if (!skb_keep(c, skb, _RET_IP_))
		return -ENOMEM;
	r = pskb_trim(skb, len);
	kapi_skb_grant(c, skb);
	return r;
}

/* The native function frees a frame it cannot pad: at commit here. */
KAPI_EXPORT(int, eth_skb_pad, (struct sk_buff *skb))
{
	KAPI_ENTER(eth_skb_pad);
	unsigned int pad;

	if (!c)
		return eth_skb_pad(skb);
	NEED(SKB, skb, 0);
	if (skb->len >= ETH_ZLEN)
		return 0;
	pad = ETH_ZLEN - skb->len;
	if (!skb_cloned(skb) && skb_tailroom(skb) >= (int)pad)
		kapi_skb_shape_undo(c, skb);
	else if (!skb_keep(c, skb, _RET_IP_))
		goto fail;
	if (__skb_pad(skb, pad, false))
		goto fail;
	kapi_skb_grant(c, skb);
	__skb_put(skb, pad);
	return 0;

fail:
	GIVE(kfree_skb, skb, 0);
	return -ENOMEM;
}

/* ---- growing in place --------------------------------------------------------- */

/* Running over an end is a BUG() in the kernel: stopped here instead. */
static __always_inline void
need_tailroom(struct fgft_call *c, struct sk_buff *skb, unsigned int len,
	      unsigned long ip, const char *what)
{
	kapi_need(c, FGFT_OBJECT_SKB, skb, 0, ip, what);
	if (skb_is_nonlinear(skb) || len > skb_end_pointer(skb) -
					   skb_tail_pointer(skb))
		fgft_abort(c, FGFT_CAUSE_ARGUMENT, ip, (unsigned long)skb,
			   what);
	kapi_skb_shape_undo(c, skb);
}

KAPI_EXPORT(void *, skb_put, (struct sk_buff *skb, unsigned int len))
{
	KAPI_ENTER(skb_put);

	if (c)
		need_tailroom(c, skb, len, _RET_IP_, kapi_name);
	return skb_put(skb, len);
}

/* What lies behind the tail is nobody's: it needs no log. */
KAPI_EXPORT(void *, skb_put_data, (struct sk_buff *skb, const void *data,
				   unsigned int len))
{
	KAPI_ENTER(skb_put_data);

	if (c) {
		need_tailroom(c, skb, len, _RET_IP_, kapi_name);
		if (len)
			NEED(READABLE, data, len);
	}
	return skb_put_data(skb, data, len);
}

KAPI_EXPORT(void *, skb_push, (struct sk_buff *skb, unsigned int len))
{
	KAPI_ENTER(skb_push);

	if (c) {
		NEED(SKB, skb, 0);
		if (len > skb_headroom(skb))
			fgft_abort(c, FGFT_CAUSE_ARGUMENT, _RET_IP_,
				   (unsigned long)skb, kapi_name);
		kapi_skb_shape_undo(c, skb);
	}
	return skb_push(skb, len);
}

/* ---- allocation ----------------------------------------------------------------- */

static void skb_made(struct fgft_call *c, struct sk_buff *skb)
{
	kapi_skb_grant(c, skb);
	fgft_skb_note(c, skb);
	fgft_lend(c, (unsigned long)skb, sizeof(*skb));
	c->made = skb;
}

#define SKB_ALLOC(name, params, args)					\
KAPI_EXPORT(struct sk_buff *, name, params)				\
{									\
	struct fgft_call *c = fgft_call_current();			\
	struct sk_buff *r = name args;					\
									\
	if (c && r) {							\
		skb_made(c, r);						\
		UNDO(kfree_skb, FGFT_EFFECT_FREES, r);			\
	}								\
	return r;							\
}

SKB_ALLOC(__alloc_skb, (unsigned int size, gfp_t gfp, int flags, int node),
	  (size, gfp, flags, node))
SKB_ALLOC(alloc_skb, (unsigned int size, gfp_t gfp), (size, gfp))
SKB_ALLOC(__netdev_alloc_skb, (struct net_device *dev, unsigned int size,
			       gfp_t gfp), (dev, size, gfp))
SKB_ALLOC(netdev_alloc_skb, (struct net_device *dev, unsigned int size),
	  (dev, size))
SKB_ALLOC(netdev_alloc_skb_ip_align, (struct net_device *dev,
				      unsigned int size), (dev, size))
SKB_ALLOC(napi_alloc_skb, (struct napi_struct *napi, unsigned int size),
	  (napi, size))
SKB_ALLOC(__napi_alloc_skb, (struct napi_struct *napi, unsigned int size,
			     gfp_t gfp), (napi, size, gfp))

/* Around a buffer that is the driver's again after an abort. */
static void kapi_do_unbuild(u64 a, u64 b, u64 c, u64 d)
{
	struct sk_buff *skb = AS(struct sk_buff *, a);

	skb->head = NULL;
	dev_kfree_skb_any(skb);
}

#define SKB_BUILD(name)							\
KAPI_EXPORT(struct sk_buff *, name, (void *data, unsigned int size))	\
{									\
	KAPI_ENTER(name);						\
	struct sk_buff *r;						\
									\
	if (c)								\
		NEED(READABLE, data, size ? size : 1);			\
	r = name(data, size);						\
	if (c && r) {							\
		skb_made(c, r);						\
		UNDO(unbuild, 0, r);					\
	}								\
	return r;							\
}

SKB_BUILD(build_skb)
SKB_BUILD(napi_build_skb)

/* ---- handing up --------------------------------------------------------------------- */

KAPI_EFFECT(receive, netif_receive_skb(AS(struct sk_buff *, a)))
KAPI_EFFECT(rx, netif_rx(AS(struct sk_buff *, a)))

#define SKB_HAND_UP(name, effect)					\
KAPI_EXPORT(int, name, (struct sk_buff *skb))				\
{									\
	KAPI_ENTER(name);						\
									\
	if (!c)								\
		return name(skb);					\
	GIVE(effect, skb, 0);						\
	return NET_RX_SUCCESS;						\
}

SKB_HAND_UP(netif_receive_skb, receive)
SKB_HAND_UP(netif_rx, rx)

static void kapi_do_tx_timestamp(u64 a, u64 b, u64 c, u64 d)
{
	struct sk_buff *skb = AS(struct sk_buff *, a);

	skb_tx_timestamp(skb);
	dev_consume_skb_any(skb);
}

/*
 * The device may have sent and freed the frame by the time the call commits,
 * so a reference is taken; not for frames nobody wants a time stamp of.
 */
KAPI_EXPORT(void, skb_tx_timestamp, (struct sk_buff *skb))
{
	KAPI_ENTER(skb_tx_timestamp);

	if (!c)
		return skb_tx_timestamp(skb);
	NEED(SKB, skb, 0);
	if (!(skb_shinfo(skb)->tx_flags & SKBTX_ANY_TSTAMP))
		return;
	skb_get(skb);
	UNDO(consume_skb, 0, skb);
	COMMIT(tx_timestamp, skb);
}
