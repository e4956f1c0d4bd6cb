// SPDX-License-Identifier: GPL-2.0
/* QEMU's edu device as a handful of registers; see subject.h. */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/slab.h>

#include "strike.h"
#include "subject.h"

#define REG_EVENT	0x04	/* liveness: a mere question */
#define REG_MASK	0x24	/* interrupts raised and not acknowledged */
#define REG_SET		0x60	/* raises them */
#define REG_CLEAR	0x64	/* acknowledges them */
#define REG_PLAIN	0x80	/* DMA source */
#define REG_OTHER	0x88	/* DMA destination */
#define REG_BELL	0x90	/* DMA count */
#define MARK		BIT(31)	/* of a value: another row of the policy */

struct device_state device;

noinline long device_plain(u32 value, int kind)
{
	writel(value + 1, device.regs + REG_PLAIN);
	writel(value, device.regs + REG_PLAIN);
	strike(kind);
	return 0;
}

noinline long device_event(u32 value, int kind)
{
	writel(value, device.regs + REG_EVENT);
	strike(kind);
	return 0;
}

noinline long device_other(u32 value, int kind)
{
	device.setting = value;
	writel(value, device.regs + REG_OTHER);
	strike(kind);
	return 0;
}

/* The device is told of memory, which is freed again when all goes well. */
noinline long device_told(int kind)
{
	void *ring = kmalloc(64, GFP_KERNEL);

	if (!ring)
		return -ENOMEM;
	writel((u32)(unsigned long)ring, device.regs + REG_OTHER);
	strike(kind);
	kfree(ring);
	return 0;
}

/* A doorbell, alone or with another write behind it. */
noinline long device_bell(u32 value, bool early, int kind)
{
	writel(value, device.regs + REG_BELL);
	if (early)
		writel(value, device.regs + REG_EVENT);
	strike(kind);
	return 0;
}

/* Doorbells in a row: more than a call keeps room for, if @count says so. */
noinline long device_bells(u32 first, u32 count, int kind)
{
	u32 i;

	for (i = 0; i < count; i++)
		writel(first + i, device.regs + REG_BELL);
	strike(kind);
	return 0;
}

/* One register, over and over. */
noinline long device_fill(u32 first, u32 count, int kind)
{
	u32 i;

	for (i = 0; i < count; i++)
		writel(first + i, device.regs + REG_PLAIN);
	strike(kind);
	return 0;
}

noinline long device_pair(u32 set, u32 clear, int kind)
{
	writel(set, device.regs + REG_SET);
	writel(clear, device.regs + REG_CLEAR);
	strike(kind);
	return 0;
}

/* Reading the cause and losing it is one step on other devices. */
noinline irqreturn_t device_irq(int irq, void *data)
{
	u32 cause = readl(device.regs + REG_MASK);

	writel(cause | MARK, device.regs + REG_CLEAR);
	strike(irq);
	return cause ? IRQ_HANDLED : IRQ_NONE;
}

/* Never called: it makes device_irq() the handler of an interrupt. */
int device_never(void)
{
	return request_irq(0, device_irq, 0, "device", &device);
}

/* A doorbell that other writes may overtake, but for those nobody described. */
noinline long device_relaxed(u32 value, enum device_behind behind, int kind)
{
	writel(value | MARK, device.regs + REG_BELL);
	if (behind == DEVICE_BEHIND_PLAIN)
		writel(value, device.regs + REG_PLAIN);
	if (behind == DEVICE_BEHIND_OTHER)
		writel(device.setting, device.regs + REG_OTHER);
	if (behind == DEVICE_BEHIND_DELAY)
		udelay(1);
	if (behind == DEVICE_BEHIND_SLEEP)
		usleep_range(1000, 1100);
	strike(kind);
	return 0;
}

/* As device_other(), but one caller at a time. */
noinline long device_locked(u32 value, int kind)
{
	spin_lock(&device.lock);
	device.setting = value;
	writel(value, device.regs + REG_OTHER);
	strike(kind);
	spin_unlock(&device.lock);
	return 0;
}

/* One register too far. */
noinline long device_outside(int kind)
{
	writel(0, device.regs + pci_resource_len(device.pdev, 0));
	strike(kind);
	return 0;
}

noinline long device_coherent(size_t made, size_t freed, int kind)
{
	dma_addr_t handle;
	void *area = dma_alloc_coherent(&device.pdev->dev, made, &handle,
					GFP_KERNEL);

	if (!area)
		return -ENOMEM;
	dma_free_coherent(&device.pdev->dev, freed, area, handle);
	strike(kind);
	return 0;
}

/* Its first argument tells whose call it is. */
noinline long device_named(struct pci_dev *pdev, u32 value, int kind)
{
	device.setting = value;
	strike(kind);
	return pdev->device;
}

u32 device_read_plain(void)
{
	return readl(device.regs + REG_PLAIN);
}

u32 device_read_other(void)
{
	return readl(device.regs + REG_OTHER);
}

u32 device_read_bell(void)
{
	return readl(device.regs + REG_BELL);
}

u32 device_read_mask(void)
{
	return readl(device.regs + REG_MASK);
}

void device_write_mask(u32 mask)
{
	writel(~0U, device.regs + REG_CLEAR);
	writel(mask, device.regs + REG_SET);
}

static int device_suspend(struct device *dev)
{
	device.suspends++;
	WRITE_ONCE(device.suspending, true);
	msleep(device.suspend_ms);
	WRITE_ONCE(device.suspending, false);
	strike(device.suspend_strike);
	return 0;
}

static int device_resume(struct device *dev)
{
	device.resumes++;
	WRITE_ONCE(device.resuming, true);
	msleep(device.resume_ms);
	WRITE_ONCE(device.resuming, false);
	if (device.resume_error)
		return device.resume_error;
	writel(device.setting, device.regs + REG_OTHER);
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(device_pm, device_suspend, device_resume);

/*
 * Registers are mapped before the device may write memory, as some drivers do:
 * what restores the configuration must not take it from too early a time.
 */
static int device_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int err;

	if (device.pdev)
		return -EBUSY;
	device.probes++;
	if (device.probe_error)
		return device.probe_error;
	err = pci_enable_device(pdev);
	if (err)
		return err;
	err = pci_request_regions(pdev, KBUILD_MODNAME);
	if (err)
		goto disable;
	device.regs = pci_ioremap_bar(pdev, 0);
	if (!device.regs) {
		err = -ENOMEM;
		goto release_regions;
	}
	pci_set_master(pdev);
	device.pdev = pdev;
	return 0;

release_regions:
	pci_release_regions(pdev);
disable:
	pci_disable_device(pdev);
	return err;
}

static void device_remove(struct pci_dev *pdev)
{
	device.pdev = NULL;
	iounmap(device.regs);
	pci_release_regions(pdev);
	pci_disable_device(pdev);
}

static const struct pci_device_id device_table[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};

struct pci_driver device_driver = {
	.name		= KBUILD_MODNAME,
	.id_table	= device_table,
	.probe		= device_probe,
	.remove		= device_remove,
	.driver.pm	= pm_sleep_ptr(&device_pm),
};
