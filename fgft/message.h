/* SPDX-License-Identifier: GPL-2.0 */
/* Registers that control messages reach, in fgft_usb.ko: see message.c. */
#ifndef FGFT_MESSAGE_H
#define FGFT_MESSAGE_H

#include <linux/types.h>

struct fgft_call;
struct usb_device;

/* A message to a device, on its way. */
struct fgft_message {
	u8 request;
	u8 type;
	u16 index;
	u16 size;
	const u8 *data;
};

/* Log how it is taken back; false: it is not. */
bool fgft_message_log(struct fgft_call *call, struct usb_device *udev,
		      const struct fgft_message *message);

#endif /* FGFT_MESSAGE_H */
