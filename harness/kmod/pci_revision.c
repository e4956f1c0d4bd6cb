// SPDX-License-Identifier: GPL-2.0
/*
 * Present PCI devices under another revision than they have.
 *
 * Some drivers share a device's number and tell each other apart by its
 * revision, of which QEMU's model has one.  What a driver looks at is the
 * kernel's copy, taken when the device was found.  For tests alone: the device
 * does not become another one by that.
 */
#include <linux/module.h>
#include <linux/pci.h>

static u16 vendor;
module_param(vendor, ushort, 0444);
MODULE_PARM_DESC(vendor, "vendor of the devices");

static u16 device;
module_param(device, ushort, 0444);
MODULE_PARM_DESC(device, "number of the devices");

static u8 revision;
module_param(revision, byte, 0444);
MODULE_PARM_DESC(revision, "revision to present");

/* What the devices themselves say, unless @shown is to be seen. */
static unsigned int present(bool shown)
{
	struct pci_dev *pdev = NULL;
	unsigned int n = 0;

	while ((pdev = pci_get_device(vendor, device, pdev))) {
		u8 own;

		pci_read_config_byte(pdev, PCI_REVISION_ID, &own);
		pdev->revision = shown ? revision : own;
		n++;
	}
	return n;
}

static int __init pci_revision_init(void)
{
	return present(true) ? 0 : -ENODEV;
}

static void __exit pci_revision_exit(void)
{
	present(false);
}

module_init(pci_revision_init);
module_exit(pci_revision_exit);

MODULE_DESCRIPTION("Presents PCI devices under another revision");
MODULE_LICENSE("GPL");
