// SPDX-License-Identifier: GPL-2.0
/*
 * Registers of a USB device: a vendor's control message writes some that lie side
 * by side, and another one reads them.  The rows "message" of the policy file say
 * what that does, as "register" does for those that are mapped:
 *
 *	plain	the old value is read before, and written back on abort; read
 *		back then, it must be there
 *	event	nothing to take back
 *	phy	a PHY's register is written by it: as event, where the driver was
 *		asked to by a function of mii.ko, which puts back what it was.
 *		Else nobody does
 *
 * A message with a register that no row describes leaves the device to its
 * driver's own callbacks.
 */
#include <asm/unaligned.h>
#include <linux/string.h>
#include <linux/usb.h>

#include "kapi.h"
#include "message.h"

#define AT_ONCE		sizeof(u64)	/* bytes an inverse writes back */
#define TIMEOUT_MS	USB_CTRL_SET_TIMEOUT

/* Arguments of an inverse in one: of @size bytes, from byte @at of the message on. */
static u64 setup_of(const struct fgft_message *message, u16 at, u16 size,
		    u8 read)
{
	u16 index = message->index + at;

	return (u64)read << 48 | (u64)size << 32 | (u64)index << 16 |
	       message->request << 8 | message->type;
}

#define SETUP_READ(setup)	((u8)((setup) >> 48))
#define SETUP_SIZE(setup)	((u16)((setup) >> 32))
#define SETUP_INDEX(setup)	((u16)((setup) >> 16))
#define SETUP_REQUEST(setup)	((u8)((setup) >> 8))
#define SETUP_TYPE(setup)	((u8)(setup))

static int read_back(struct usb_device *udev, u64 setup, u64 *value)
{
	*value = 0;
	return usb_control_msg_recv(udev, 0, SETUP_READ(setup),
				    SETUP_TYPE(setup) | USB_DIR_IN, 0,
				    SETUP_INDEX(setup), value,
				    SETUP_SIZE(setup), TIMEOUT_MS, GFP_NOIO);
}

/* One register has its value in the request, too: some devices look there. */
static int write_old(struct usb_device *udev, u64 setup, u64 old)
{
	return usb_control_msg_send(udev, 0, SETUP_REQUEST(setup),
				    SETUP_TYPE(setup),
				    SETUP_SIZE(setup) == 1 ? old : 0,
				    SETUP_INDEX(setup), &old,
				    SETUP_SIZE(setup), TIMEOUT_MS, GFP_NOIO);
}

/* An inverse.  What does not come back is left to the driver's callbacks. */
static void kapi_do_message(u64 device, u64 setup, u64 old, u64 call)
{
	struct usb_device *udev = AS(struct usb_device *, device);
	u64 is;

	if (write_old(udev, setup, old) || read_back(udev, setup, &is) ||
	    is != old)
		AS(struct fgft_call *, call)->fault.effects_left++;
}

/* The register of a message at byte @at; NULL: none that is described. */
static const struct fgft_reg *row_of(const struct fgft_call *call,
				     const struct fgft_message *message, u16 at)
{
	u8 bytes[sizeof(u64)] = {};
	const struct fgft_reg *reg;
	u16 left = message->size - at;

	memcpy(bytes, message->data + at, min_t(u16, left, sizeof(bytes)));
	reg = fgft_registers_message(call->mod, message->request,
				     message->index + at,
				     get_unaligned_le64(bytes));
	if (!reg || reg->width > left)
		return NULL;
	return reg->kind != FGFT_REG_PHY || call->phy ? reg : NULL;
}

/* Plain registers side by side from byte @at on, that are read by one message. */
static u16 plain_at(const struct fgft_call *call,
		    const struct fgft_message *message, u16 at, u8 *read)
{
	const struct fgft_reg *reg;
	u16 size = 0;

	while (at + size < message->size) {
		reg = row_of(call, message, at + size);
		if (reg->kind != FGFT_REG_PLAIN ||
		    (size && reg->partner != *read) ||
		    size + reg->width > AT_ONCE)
			break;
		*read = reg->partner;
		size += reg->width;
	}
	return size;
}

static bool is_described(const struct fgft_call *call,
			 const struct fgft_message *message)
{
	const struct fgft_reg *reg;
	u16 at;

	for (at = 0; at < message->size; at += reg->width) {
		reg = row_of(call, message, at);
		if (!reg)
			return false;
	}
	return message->size &&
	       (message->type & USB_TYPE_MASK) == USB_TYPE_VENDOR;
}

/**
 * fgft_message_log - see that what a message tells a device can be taken back
 * @call: running call
 * @udev: the device
 * @message: what is about to be sent to it
 *
 * Old values are asked for, which takes a message of its own.
 *
 * Context: Process, inside @call.
 * Return: true if all of it is undone on abort, or need not be.
 */
bool fgft_message_log(struct fgft_call *call, struct usb_device *udev,
		      const struct fgft_message *message)
{
	struct fgft_call *c = call;
	u16 at, size;
	u64 setup, old;
	u8 read = 0;

	if (!is_described(call, message))
		return false;
	for (at = 0; at < message->size; at += size) {
		size = plain_at(call, message, at, &read);
		if (!size) {
			size = row_of(call, message, at)->width;
			continue;
		}
		setup = setup_of(message, at, size, read);
		if (read_back(udev, setup, &old))
			return false;
		UNDO(message, FGFT_EFFECT_SLEEPS, udev, setup, old, call);
	}
	return true;
}
