// SPDX-License-Identifier: GPL-2.0
/*
 * USB interfaces: a restore is the driver's own suspend and resume, which end its
 * transfers and submit them anew.
 *
 * The device keeps its power meanwhile, and what it has been told by messages.
 * Those are taken back with the rest of the call, where the policy file says how.
 *
 * The core's struct bus_type is not exported: it is found at the first device.
 */
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/usb.h>

#include "bus.h"
#include "bus_usb.h"
#include "fgft.h"

static int quiet(struct fgft_device *dev)
{
	struct usb_driver *driver = to_usb_driver(dev->dev->driver);

	if (!driver->suspend || !driver->resume)
		return -EOPNOTSUPP;
	return driver->suspend(to_usb_interface(dev->dev), PMSG_FREEZE);
}

static int wake(struct fgft_device *dev)
{
	struct usb_driver *driver = to_usb_driver(dev->dev->driver);

	return driver->resume(to_usb_interface(dev->dev));
}

/* It answers to what every device answers to. */
static bool verify(struct fgft_device *dev)
{
	struct usb_device *udev = interface_to_usbdev(to_usb_interface(dev->dev));
	u16 status;

	return !usb_get_std_status(udev, USB_RECIP_DEVICE, 0, &status);
}

static struct fgft_bus bus_usb = {
	.handle		= offsetof(struct usb_interface, dev),
	.at_bind	= true,
	.parts		= true,
	.down		= quiet,
	.up		= wake,
	.verify		= verify,
	.lends		= true,
};

/* Protects bus_usb.type: the bus is added once. */
static DEFINE_MUTEX(bus_lock);

static int learn(struct usb_device *udev, void *data)
{
	int err = 0;

	mutex_lock(&bus_lock);
	if (!bus_usb.type) {
		bus_usb.type = udev->dev.bus;
		err = fgft_bus_add(&bus_usb);
		if (err)
			bus_usb.type = NULL;
	}
	mutex_unlock(&bus_lock);
	return err;
}

static int usb_notify(struct notifier_block *block, unsigned long event,
		      void *data)
{
	if (event == USB_DEVICE_ADD)
		learn(data, NULL);
	return NOTIFY_DONE;
}

static struct notifier_block usb_block = {
	.notifier_call = usb_notify,
};

/**
 * fgft_bus_usb_init - know USB interfaces as devices that can be brought back
 *
 * Context: Process.
 * Return: 0, or the error of a bus notifier.
 */
int fgft_bus_usb_init(void)
{
	int err;

	usb_register_notify(&usb_block);
	err = usb_for_each_dev(NULL, learn);
	if (err)
		usb_unregister_notify(&usb_block);
	return err;
}

/**
 * fgft_bus_usb_exit - do not know them any more
 *
 * Context: Process; no driver of such a device is isolated any more.
 */
void fgft_bus_usb_exit(void)
{
	usb_unregister_notify(&usb_block);
	if (bus_usb.type)
		fgft_bus_remove(&bus_usb);
}
