// SPDX-License-Identifier: GPL-2.0
/* USB: the adapter of harness/usb, with a driver that uses nothing of it but a register. */
#include <linux/usb.h>

#include "rows.h"

#define INTF		(env.intf)
#define DEV		interface_to_usbdev(env.intf)

#define GET_REGS	0xf0
#define SET_REGS	0xf1
#define FROM_DEVICE	(USB_DIR_IN | USB_TYPE_VENDOR)
#define TO_DEVICE	(USB_DIR_OUT | USB_TYPE_VENDOR)
#define GPIO		0x7e	/* keeps what is written to it, and nothing else */
#define GPIO_RESTORED	0x22

static const u8 bulk_in[] = { 1 | USB_DIR_IN, 0 };
static const u8 interrupt_in[] = { 3 | USB_DIR_IN, 0 };

/* ---- the driver ------------------------------------------------------------------ */

static NATIVE u64 gpio(void)
{
	u8 value;

	if (usb_control_msg_recv(DEV, 0, GET_REGS, FROM_DEVICE, 0, GPIO, &value,
				 1, HZ, GFP_KERNEL))
		return U64_MAX;
	return value;
}

static NATIVE int gpio_restore(void)
{
	u8 ignored = 0;

	return usb_control_msg_send(DEV, 0, SET_REGS, TO_DEVICE, GPIO_RESTORED,
				    GPIO, &ignored, 1, HZ, GFP_KERNEL);
}

static NATIVE int probe(struct usb_interface *intf,
			const struct usb_device_id *id)
{
	env.intf = intf;
	return gpio_restore();
}

static NATIVE void disconnect(struct usb_interface *intf)
{
	env.intf = NULL;
}

static NATIVE int suspend(struct usb_interface *intf, pm_message_t message)
{
	return 0;
}

static NATIVE int resume(struct usb_interface *intf)
{
	return gpio_restore();
}

static const struct usb_device_id ids[] = {
	{ USB_DEVICE(0x07a6, 0x0986) },
	{ }
};

static struct usb_driver driver = {
	.name		= KBUILD_MODNAME,
	.id_table	= ids,
	.probe		= probe,
	.disconnect	= disconnect,
	.suspend	= suspend,
	.resume		= resume,
};

NATIVE int rows_usb_setup(void)
{
	return usb_register(&driver);
}

NATIVE void rows_usb_teardown(void)
{
	usb_deregister(&driver);
}

/* ---- another one, for no device --------------------------------------------------- */

static const struct usb_device_id other_ids[] = { { } };

static struct usb_driver other = {
	.name		= "fgft_rows_other",
	.id_table	= other_ids,
	.probe		= probe,
	.disconnect	= disconnect,
};

static NATIVE u64 driver_known(void)
{
	return !!driver_find(other.name, INTF->dev.bus);
}

static NATIVE void have_driver(void)
{
	if (usb_register(&other))
		pr_warn("no second driver\n");
}

/* ---- transfers: nobody sends frames to the adapter, so one to the host stays ---------- */

static void done(struct urb *urb)
{
	env.hits++;
}

/* Natively, for the domain to know whose it is: as drivers get it. */
static void have_urb(void)
{
	struct urb *urb = usb_alloc_urb(0, GFP_KERNEL);

	rows.p = urb;
	if (urb)
		usb_fill_bulk_urb(urb, DEV, usb_rcvbulkpipe(DEV, 1),
				  env.scratch, 1536, done, NULL);
}

static NATIVE u64 urb_runs(void)
{
	rows_settle();
	return !!((struct urb *)rows.p)->hcpriv;
}

static NATIVE void have_running_urb(void)
{
	have_urb();
	if (usb_submit_urb(rows.p, GFP_KERNEL))
		pr_warn("no transfer\n");
}

static void no_urb(void)
{
	usb_kill_urb(rows.p);
	usb_free_urb(rows.p);
}

#define SUITE		usb
#define SUITE_FILE	"usb.def"
#include "suite.h"
