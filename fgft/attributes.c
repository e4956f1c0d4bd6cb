// SPDX-License-Identifier: GPL-2.0
/*
 * Settings that are files of a driver: the attributes it has put into its
 * devices' directories (device_driver.dev_groups), taken before it is unbound
 * and replayed on what it makes when it is bound again.
 *
 * Only those that can be read and written are settings.  They are replayed in
 * the driver's order, and only where they differ: one that is set may decide
 * what others can be.
 */
#include <linux/device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "fgft.h"
#include "settings.h"

#define MOST		64	/* attributes of a driver */
#define LENGTH		128	/* of a value: what is longer is no setting */

struct fgft_attributes {
	u32 count;
	struct {
		struct device_attribute *attr;
		char value[LENGTH];
	} each[MOST];
};

static bool is_setting(const struct attribute *attr)
{
	const struct device_attribute *of_device =
		container_of(attr, struct device_attribute, attr);

	return (attr->mode & 0600) == 0600 && of_device->show &&
	       of_device->store;
}

/* Without the end of line, which not every driver wants back. */
static bool read_value(struct device *dev, struct device_attribute *attr,
		       char *page, char *value)
{
	ssize_t length = attr->show(dev, attr, page);

	if (length < 0 || length >= LENGTH)
		return false;
	memcpy(value, page, length);
	value[length] = '\0';
	strim(value);
	return true;
}

static void take_group(struct fgft_attributes *taken, struct device *dev,
		       const struct attribute_group *group, char *page)
{
	struct attribute **attr;

	for (attr = group->attrs; attr && *attr; attr++) {
		struct device_attribute *of_device =
			container_of(*attr, struct device_attribute, attr);

		if (taken->count == MOST || !is_setting(*attr))
			continue;
		taken->each[taken->count].attr = of_device;
		taken->count += read_value(dev, of_device, page,
					   taken->each[taken->count].value);
	}
}

/**
 * fgft_attributes_take - remember what a driver's files say of a device
 * @dev: device, its driver bound
 *
 * Context: Process.
 * Return: what they say; NULL if there are none, or no memory.
 */
struct fgft_attributes *fgft_attributes_take(struct fgft_device *dev)
{
	const struct attribute_group **group;
	struct fgft_attributes *taken = NULL;
	char *page;

	device_lock(dev->dev);
	group = dev->dev->driver ? dev->dev->driver->dev_groups : NULL;
	page = group ? (char *)get_zeroed_page(GFP_KERNEL) : NULL;
	if (page)
		taken = kzalloc(sizeof(*taken), GFP_KERNEL);
	for (; taken && *group; group++)
		take_group(taken, dev->dev, *group, page);
	device_unlock(dev->dev);
	free_page((unsigned long)page);
	return taken;
}

/**
 * fgft_attributes_replay - tell a driver what its files said before
 * @taken: of the same driver, may be NULL
 * @dev: device, the driver bound again
 *
 * Context: Process.
 * Return: how many settings could not be replayed.
 */
u32 fgft_attributes_replay(const struct fgft_attributes *taken,
			   struct fgft_device *dev)
{
	char value[LENGTH];
	u32 lost = 0, i;
	char *page;

	if (!taken)
		return 0;
	page = (char *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return taken->count;
	for (i = 0; i < taken->count; i++) {
		struct device_attribute *attr = taken->each[i].attr;
		const char *wanted = taken->each[i].value;

		if (read_value(dev->dev, attr, page, value) &&
		    !strcmp(value, wanted))
			continue;
		lost += attr->store(dev->dev, attr, wanted,
				    strlen(wanted)) < 0;
	}
	free_page((unsigned long)page);
	return lost;
}

/**
 * fgft_attributes_free - forget settings
 * @taken: may be NULL
 *
 * Context: Process.
 */
void fgft_attributes_free(struct fgft_attributes *taken)
{
	kfree(taken);
}
