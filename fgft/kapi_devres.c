// SPDX-License-Identifier: GPL-2.0
/*
 * What the device core releases with a device, and functions that leave it
 * something to release.
 *
 * Their inverse is known to the device core alone.  So each such call is put
 * between the marks of a group: an abort releases the group, a commit takes its
 * marks away.
 */

#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/pci.h>

#include "kapi.h"

KAPI_EFFECT(devres_release,
	    devres_release_group(AS(struct device *, a), AS(void *, b)))
KAPI_EFFECT(devres_remove,
	    devres_remove_group(AS(struct device *, a), AS(void *, b)))

void *kapi_devres_open(struct fgft_call *c, struct device *dev,
		       unsigned long ip, const char *what)
{
	void *group = devres_open_group(dev, NULL, GFP_KERNEL);

	if (!group)
		fgft_abort(c, FGFT_CAUSE_MEMORY, ip, 0, what);
	return group;
}

void kapi_devres_close(struct fgft_call *c, struct device *dev, void *group,
		       bool done)
{
	devres_close_group(dev, group);
	if (!done) {
		devres_release_group(dev, group);
		return;
	}
	UNDO(devres_release, FGFT_EFFECT_SLEEPS, dev, group);
	COMMIT(devres_remove, dev, group);
}

KAPI_EXPORT(int, devm_request_threaded_irq,
	    (struct device *dev, unsigned int irq, irq_handler_t handler,
	     irq_handler_t thread, unsigned long flags, const char *name,
	     void *cookie))
{
	KAPI_ENTER(devm_request_threaded_irq);
	void *group;
	int err;

	if (!c)
		return devm_request_threaded_irq(dev, irq, handler, thread,
						 flags, name, cookie);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	NEED(DEVICE, dev, 0);
	if (name)
		NEED(STRING, name, 0);
	kapi_irq_hasten(c);
	group = kapi_devres_open(c, dev, _RET_IP_, kapi_name);
	err = devm_request_threaded_irq(dev, irq, handler, thread, flags, name,
					cookie);
	kapi_devres_close(c, dev, group, !err);
	return err;
}

KAPI_EXPORT(int, devm_request_irq,
	    (struct device *dev, unsigned int irq, irq_handler_t handler,
	     unsigned long flags, const char *name, void *cookie))
{
	return fgft_k_devm_request_threaded_irq(dev, irq, handler, NULL, flags,
						name, cookie);
}

static void kapi_do_unmanage(u64 a, u64 b, u64 c, u64 d)
{
	AS(struct pci_dev *, a)->is_managed = 0;
}

KAPI_EXPORT(int, pcim_enable_device, (struct pci_dev *pdev))
{
	KAPI_ENTER(pcim_enable_device);
	void *group;
	int err;

	if (!c)
		return pcim_enable_device(pdev);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	NEED(DEVICE, &pdev->dev, 0);
	if (!pci_is_managed(pdev))
		UNDO(unmanage, 0, pdev);
	group = kapi_devres_open(c, &pdev->dev, _RET_IP_, kapi_name);
	err = pcim_enable_device(pdev);
	kapi_devres_close(c, &pdev->dev, group, !err);
	return err;
}
