// SPDX-License-Identifier: GPL-2.0
/* The device core: files of a device, and what it knows of the machine. */
#include <linux/device.h>
#include <linux/dmi.h>
#include <linux/i2c.h>
#include <linux/kernfs.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/pm_wakeup.h>
#include <linux/property.h>
#include <linux/sysfs.h>

#include "rows.h"

#define DEV	(&env.pdev->dev)

static ssize_t rows_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return 0;
}

static DEVICE_ATTR_RO(rows);

static struct attribute *attrs[] = {
	&dev_attr_rows.attr,
	NULL
};

static const struct attribute_group group = {
	.name	= "rows_group",
	.attrs	= attrs,
};

static const struct attribute_group *groups[] = {
	&group,
	NULL
};

static const struct dmi_system_id nothing[] = {
	{ }
};

static LIST_HEAD(head);
static LIST_HEAD(entry);

static NATIVE u64 is_file(const char *name)
{
	struct kernfs_node *found = sysfs_get_dirent(DEV->kobj.sd, name);

	kernfs_put(found);
	return !!found;
}

static NATIVE void have_file(void)
{
	if (device_create_file(DEV, &dev_attr_rows))
		pr_warn("no file for a device\n");
}

static NATIVE void have_groups(void)
{
	if (device_add_groups(DEV, groups))
		pr_warn("no files for a device\n");
}

static int no_notice(struct notifier_block *block, unsigned long event,
		     void *data)
{
	return NOTIFY_DONE;
}

static NATIVE void have_listener(void)
{
	rows.block.notifier_call = no_notice;
	if (bus_register_notifier(&pci_bus_type, &rows.block))
		pr_warn("nobody may listen to a bus\n");
}

static NATIVE u64 is_listening(void)
{
	if (bus_unregister_notifier(&pci_bus_type, &rows.block))
		return 0;
	have_listener();
	return 1;
}

#define SUITE		device
#define SUITE_FILE	"device.def"
#include "suite.h"
