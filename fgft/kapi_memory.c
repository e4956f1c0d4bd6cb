// SPDX-License-Identifier: GPL-2.0
/*
 * Wrappers of allocation and mapping whose row does not say it all, and what
 * they tell the domain.
 */

#include <linux/device.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "kapi.h"

static struct fgft_module *owner(const struct fgft_call *c, unsigned long ip)
{
	return c ? c->mod : fgft_driver_find_text(ip);
}

void kapi_track(struct fgft_call *c, unsigned long ip, const void *ptr,
		size_t size, enum fgft_range_kind kind)
{
	struct fgft_module *mod = owner(c, ip);

	if (mod)
		fgft_domain_add(mod, ptr, size, kind);
}

static void kapi_do_unretire(u64 ptr, u64 kind, u64 c, u64 d)
{
	struct fgft_range *range;

	rcu_read_lock();
	range = fgft_domain_find(AS(void *, ptr));
	if (range)
		range->kind = kind;
	rcu_read_unlock();
}

void kapi_retire(struct fgft_call *c, const void *ptr)
{
	struct fgft_range *range = fgft_domain_find(ptr);

	if (!range)
		return;
	UNDO(unretire, 0, ptr, range->kind);
	range->kind = FGFT_RANGE_OBJECT;
}

/* ---- memory the device core frees --------------------------------------------- */

static void untrack(void *ptr)
{
	fgft_domain_remove(ptr);
}

/*
 * An action registered after the allocation runs before it is freed.  Without
 * memory for the action the range stays unknown: it could outlive its memory.
 */
void kapi_devm_track(struct fgft_call *c, unsigned long ip, struct device *dev,
		     void *ptr, size_t size)
{
	if (!ZERO_OR_NULL_PTR(ptr) && owner(c, ip) &&
	    !devm_add_action(dev, untrack, ptr))
		kapi_track(c, ip, ptr, size, FGFT_RANGE_OBJECT);
}

static void kapi_do_devm_free(u64 dev, u64 ptr, u64 c, u64 d)
{
	devm_release_action(AS(struct device *, dev), untrack, AS(void *, ptr));
	devm_kfree(AS(struct device *, dev), AS(void *, ptr));
}

#define DEVM_ALLOC(name)						\
KAPI_EXPORT(void *, name, (struct device *dev, size_t size, gfp_t gfp))	\
{									\
	KAPI_ENTER(name);						\
	void *r;							\
									\
	if (!c)								\
		return name(dev, size, gfp);				\
	GFP(gfp);							\
	NEED(DEVICE, dev, 0);						\
	r = name(dev, size, gfp);					\
	kapi_devm_track(c, _RET_IP_, dev, r, size);				\
	if (!ZERO_OR_NULL_PTR(r))					\
		UNDO(devm_free, FGFT_EFFECT_SLEEPS, dev, r);		\
	return r;							\
}									\
KAPI_EXPORT_NATIVE(void *, name, (struct device *dev, size_t size,	\
				  gfp_t gfp))				\
{									\
	void *r = name(dev, size, gfp);					\
									\
	kapi_devm_track(NULL, _RET_IP_, dev, r, size);			\
	return r;							\
}

DEVM_ALLOC(devm_kmalloc)
DEVM_ALLOC(devm_kzalloc)

/* ---- register mappings ---------------------------------------------------------- */

/* @dev's registers of @bar are at @addr now. */
static void map_track(struct fgft_call *c, unsigned long ip,
		      void __iomem *addr, size_t size, struct pci_dev *pdev,
		      u32 bar)
{
	struct fgft_module *mod = owner(c, ip);
	struct fgft_device *device;
	struct fgft_range *range;

	if (!mod || !addr)
		return;
	device = fgft_checkpoint_device(mod, &pdev->dev);
	range = fgft_domain_add(mod, (__force void *)addr, size,
				FGFT_RANGE_MMIO);
	if (!range)
		return;
	range->bar = bar;
	range->dev = device;
}

/* ioremap() is told a bus address only: the BAR it lies in tells the rest. */
static void map_track_address(struct fgft_call *c, unsigned long ip,
			      void __iomem *addr, resource_size_t start,
			      size_t size)
{
	struct pci_dev *pdev = NULL;
	int bar;

	if (!addr || !owner(c, ip))
		return;
	for_each_pci_dev(pdev) {
		for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
			if (!(pci_resource_flags(pdev, bar) & IORESOURCE_MEM) ||
			    start < pci_resource_start(pdev, bar) ||
			    start > pci_resource_end(pdev, bar))
				continue;
			map_track(c, ip, addr, size, pdev, bar);
			pci_dev_put(pdev);
			return;
		}
	}
}

static void kapi_do_iounmap(u64 addr, u64 b, u64 c, u64 d)
{
	fgft_domain_remove(AS(void *, addr));
	iounmap(AS(void __iomem *, addr));
}

static void kapi_do_pci_iounmap(u64 pdev, u64 addr, u64 c, u64 d)
{
	fgft_domain_remove(AS(void *, addr));
	pci_iounmap(AS(struct pci_dev *, pdev), AS(void __iomem *, addr));
}

KAPI_EXPORT(void __iomem *, ioremap, (resource_size_t start,
				      unsigned long size))
{
	KAPI_ENTER(ioremap);
	void __iomem *r;

	if (c)
		kapi_sleeps(c, _RET_IP_, kapi_name);
	r = ioremap(start, size);
	if (c && r) {
		map_track_address(c, _RET_IP_, r, start, size);
		UNDO(iounmap, FGFT_EFFECT_SLEEPS, r);
	}
	return r;
}

KAPI_EXPORT_NATIVE(void __iomem *, ioremap, (resource_size_t start,
					     unsigned long size))
{
	void __iomem *r = ioremap(start, size);

	map_track_address(NULL, _RET_IP_, r, start, size);
	return r;
}

KAPI_EXPORT(void __iomem *, pci_ioremap_bar, (struct pci_dev *pdev, int bar))
{
	KAPI_ENTER(pci_ioremap_bar);
	void __iomem *r;

	if (c) {
		kapi_sleeps(c, _RET_IP_, kapi_name);
		NEED(DEVICE, &pdev->dev, 0);
	}
	r = pci_ioremap_bar(pdev, bar);
	if (c && r) {
		map_track(c, _RET_IP_, r, pci_resource_len(pdev, bar), pdev,
			  bar);
		UNDO(iounmap, FGFT_EFFECT_SLEEPS, r);
	}
	return r;
}

KAPI_EXPORT_NATIVE(void __iomem *, pci_ioremap_bar, (struct pci_dev *pdev,
						     int bar))
{
	void __iomem *r = pci_ioremap_bar(pdev, bar);

	map_track(NULL, _RET_IP_, r, pci_resource_len(pdev, bar), pdev, bar);
	return r;
}

/* Ports get no range: fgft_device_write() knows them by the device's BARs. */
static void iomap_track(struct fgft_call *c, unsigned long ip,
			void __iomem *addr, struct pci_dev *pdev, int bar,
			unsigned long limit)
{
	unsigned long size = pci_resource_len(pdev, bar);

	if (limit && limit < size)
		size = limit;
	if (pci_resource_flags(pdev, bar) & IORESOURCE_MEM)
		map_track(c, ip, addr, size, pdev, bar);
}

KAPI_EXPORT(void __iomem *, pci_iomap, (struct pci_dev *pdev, int bar,
					unsigned long limit))
{
	KAPI_ENTER(pci_iomap);
	void __iomem *r;

	if (c) {
		kapi_sleeps(c, _RET_IP_, kapi_name);
		NEED(DEVICE, &pdev->dev, 0);
	}
	r = pci_iomap(pdev, bar, limit);
	if (c && r) {
		iomap_track(c, _RET_IP_, r, pdev, bar, limit);
		UNDO(pci_iounmap, FGFT_EFFECT_SLEEPS, pdev, r);
	}
	return r;
}

KAPI_EXPORT_NATIVE(void __iomem *, pci_iomap, (struct pci_dev *pdev, int bar,
					       unsigned long limit))
{
	void __iomem *r = pci_iomap(pdev, bar, limit);

	iomap_track(NULL, _RET_IP_, r, pdev, bar, limit);
	return r;
}
