// SPDX-License-Identifier: GPL-2.0
/* fgft_usb.ko: wrappers of the functions of usbcore.ko, and the bus itself. */

#include <linux/overflow.h>
#include <linux/usb.h>

#include "bus_usb.h"
#include "kapi.h"
#include "message.h"

KAPI_EFFECT(usb_deregister, usb_deregister(AS(struct usb_driver *, a)))
KAPI_EFFECT(usb_free_urb, fgft_domain_remove(AS(void *, a));
	    usb_free_urb(AS(struct urb *, a)))
KAPI_EFFECT(usb_kill_urb, usb_kill_urb(AS(struct urb *, a)))
KAPI_EFFECT(usb_unlink_urb, usb_unlink_urb(AS(struct urb *, a)))

/* ---- whose it is -------------------------------------------------------------- */

struct usb_search {
	const struct device *parent;
	struct fgft_device *found;
};

static void usb_match(struct fgft_device *dev, void *data)
{
	struct usb_search *search = data;

	if (dev->dev->parent == search->parent)
		search->found = dev;
}

/* The record of the driver's interface of @udev; the call is aborted without. */
static struct fgft_device *usb_need(struct fgft_call *c,
				    const struct usb_device *udev,
				    unsigned long ip, const char *what)
{
	struct usb_search search = { .parent = &udev->dev };

	fgft_checkpoint_each(c->mod, usb_match, &search);
	if (!search.found)
		fgft_abort(c, FGFT_CAUSE_ARGUMENT, ip, (unsigned long)udev,
			   what);
	return search.found;
}

/*
 * One the driver has allocated.  Freed in a call that is ending it is there until
 * that has done all it put off, which may call the driver back: @fresh wants it
 * not freed.
 */
static void urb_need(struct fgft_call *c, const struct urb *urb, bool fresh,
		     unsigned long ip, const char *what)
{
	const struct fgft_range *range = fgft_domain_find(urb);

	if (!range || range->mod != c->mod ||
	    range->start != (unsigned long)urb ||
	    (range->kind != FGFT_RANGE_URB &&
	     (fresh || range->kind != FGFT_RANGE_OBJECT)))
		fgft_abort(c, FGFT_CAUSE_ARGUMENT, ip, (unsigned long)urb,
			   what);
}

#define USB_NEED(udev)	usb_need(c, udev, _RET_IP_, kapi_name)
#define URB_NEED(urb)	urb_need(c, urb, false, _RET_IP_, kapi_name)
#define URB_FRESH(urb)	urb_need(c, urb, true, _RET_IP_, kapi_name)

/* ---- transfers ------------------------------------------------------------------- */

/*
 * A transfer the core does not take ends as one that has failed.  Its driver
 * has been told that it was taken, and waits for its end.
 */
static void urb_fail(struct urb *urb, int err)
{
	urb->status = err == -ENODEV ? -ESHUTDOWN : err;
	urb->actual_length = 0;
	urb->complete(urb);
}

/*
 * At commit, or before its time inside @call: then it has to be ended on abort.
 * A transfer whose end the driver is to see again is not submitted twice.
 */
static void kapi_do_usb_submit_urb(u64 a, u64 flags, u64 call, u64 d)
{
	struct fgft_call *c = fgft_call_current();
	struct urb *urb = AS(struct urb *, a);
	int err = usb_submit_urb(urb, (gfp_t)flags);

	if (err)
		urb_fail(urb, err);
	else if (c && c == AS(struct fgft_call *, call))
		UNDO(usb_kill_urb, FGFT_EFFECT_SLEEPS, urb);
}

/* Why usb_submit_urb() would refuse it, as far as that is known beforehand. */
static int urb_refusal(const struct urb *urb)
{
	if (!urb->complete)
		return -EINVAL;
	if (urb->hcpriv)
		return -EBUSY;
	if (urb->dev->state < USB_STATE_CONFIGURED)
		return -ENODEV;
	if (!usb_pipe_endpoint(urb->dev, urb->pipe))
		return -ENOENT;
	if (atomic_read(&urb->reject))
		return -EPERM;
	return 0;
}

KAPI_EXPORT(int, usb_submit_urb, (struct urb *urb, gfp_t flags))
{
	KAPI_ENTER(usb_submit_urb);
	int err;

	if (!c || !urb)
		return usb_submit_urb(urb, flags);
	GFP(flags);
	URB_NEED(urb);
	USB_NEED(urb->dev);
	/* What is transferred is memory, and what is called is the driver's. */
	if (urb->transfer_buffer && urb->transfer_buffer_length)
		NEED(READABLE, urb->transfer_buffer,
		     urb->transfer_buffer_length);
	if (urb->setup_packet)
		NEED(READABLE, urb->setup_packet,
		     sizeof(struct usb_ctrlrequest));
	if (urb->complete)
		SANE((unsigned long)urb->complete - c->mod->text <
			     c->mod->text_size, urb->complete);
	err = urb_refusal(urb);
	if (!err && IS_DUE(usb_submit_urb, urb))
		err = -EBUSY;
	if (!err)
		COMMIT(usb_submit_urb, urb, flags, c);
	return err;
}

KAPI_EXPORT(int, usb_unlink_urb, (struct urb *urb))
{
	KAPI_ENTER(usb_unlink_urb);

	if (!c || !urb)
		return usb_unlink_urb(urb);
	URB_NEED(urb);
	COMMIT(usb_unlink_urb, urb);
	return urb->hcpriv ? -EINPROGRESS : -EIDRM;
}

/*
 * Submitted again if it was under way.  What it was told by its completion, that
 * it was killed, is what a driver takes for nothing.
 */
static void kapi_do_usb_resume_urb(u64 a, u64 b, u64 c, u64 d)
{
	struct urb *urb = AS(struct urb *, a);
	int err;

	if (urb->hcpriv)
		return;
	err = usb_submit_urb(urb, GFP_NOIO);
	if (err)
		urb_fail(urb, err);
}

KAPI_EXPORT(void, usb_kill_urb, (struct urb *urb))
{
	KAPI_ENTER(usb_kill_urb);
	bool running;

	if (!c || !urb)
		return usb_kill_urb(urb);
	fgft_lock_publish(c);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	URB_NEED(urb);
	/* Of this call, and not begun yet. */
	fgft_call_hasten(c, kapi_do_usb_submit_urb);
	running = urb->hcpriv;
	usb_kill_urb(urb);
	if (running)
		UNDO(usb_resume_urb, FGFT_EFFECT_SLEEPS, urb);
}

/* ---- messages ---------------------------------------------------------------------- */

/* The answer is waited for, but not by what waits for commit. */
static struct fgft_device *message_begin(struct fgft_call *c,
					 const struct usb_device *udev,
					 unsigned long ip, const char *what)
{
	fgft_lock_publish(c);
	kapi_gfp(c, GFP_NOIO, ip, what);
	return usb_need(c, udev, ip, what);
}

/* It is about to be told: what is in the policy file can be taken back. */
static void message_tell(struct fgft_call *c, struct usb_device *udev,
			 const struct fgft_message *message, unsigned long ip,
			 const char *what)
{
	struct fgft_device *dev = message_begin(c, udev, ip, what);

	if (message->size)
		kapi_need(c, FGFT_OBJECT_READABLE, message->data, message->size,
			  ip, what);
	fgft_device_told(c, dev, fgft_message_log(c, udev, message));
}

KAPI_EXPORT(int, usb_control_msg_recv,
	    (struct usb_device *udev, __u8 endpoint, __u8 request, __u8 type,
	     __u16 value, __u16 index, void *data, __u16 size, int timeout,
	     gfp_t flags))
{
	KAPI_ENTER(usb_control_msg_recv);

	if (c) {
		message_begin(c, udev, _RET_IP_, kapi_name);
		if (size)
			WRITES(data, size);
	}
	return usb_control_msg_recv(udev, endpoint, request, type, value, index,
				    data, size, timeout, flags);
}

KAPI_EXPORT(int, usb_control_msg_send,
	    (struct usb_device *udev, __u8 endpoint, __u8 request, __u8 type,
	     __u16 value, __u16 index, const void *data, __u16 size,
	     int timeout, gfp_t flags))
{
	KAPI_ENTER(usb_control_msg_send);

	if (c)
		message_tell(c, udev,
			     &(struct fgft_message){ request, type, index, size,
						     data },
			     _RET_IP_, kapi_name);
	return usb_control_msg_send(udev, endpoint, request, type, value, index,
				    data, size, timeout, flags);
}

KAPI_EXPORT(int, usb_control_msg,
	    (struct usb_device *udev, unsigned int pipe, __u8 request,
	     __u8 type, __u16 value, __u16 index, void *data, __u16 size,
	     int timeout))
{
	KAPI_ENTER(usb_control_msg);

	if (c && !(type & USB_DIR_IN)) {
		message_tell(c, udev,
			     &(struct fgft_message){ request, type, index, size,
						     data },
			     _RET_IP_, kapi_name);
	} else if (c) {
		message_begin(c, udev, _RET_IP_, kapi_name);
		if (size)
			WRITES(data, size);
	}
	return usb_control_msg(udev, pipe, request, type, value, index, data,
			       size, timeout);
}

#define KAPI_TABLE	"kapi/usb.def"
#define KAPI_MODULE_BEGIN()	fgft_bus_usb_init()
#define KAPI_MODULE_END()	fgft_bus_usb_exit()
#include "kapi_module.h"

MODULE_DESCRIPTION("Wrappers of USB functions for isolated drivers");
