// SPDX-License-Identifier: GPL-2.0
/* PCI devices: mappings, configuration space, power. */
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/pm_wakeup.h>

#include "rows.h"

#define DEV	(env.pdev)

#define MORE	(env.base + BIT(40) + 256)
#define LESS	(env.base - BIT(40) - 256)

static void have_map(void)
{
	rows.map = pci_iomap(DEV, 1, 0);
}

static u64 config(int where)
{
	u32 value;

	pci_read_config_dword(DEV, where, &value);
	return value;
}

/* Command register and what the kernel remembers of it. */
static u64 command(void)
{
	return (config(PCI_COMMAND) & 0xffff) | (u64)DEV->is_busmaster << 16;
}

static void start(u16 bits)
{
	u16 value;

	pci_read_config_word(DEV, PCI_COMMAND, &value);
	pci_write_config_word(DEV, PCI_COMMAND, value | bits);
}

/*
 * PCI-X and memory-write-invalidate: the emulated device has neither.  Put
 * into its configuration space by a bus of ours in front of the real one.
 */
#define PCIX_AT		0xf0	/* the capability, behind all others */
#define PM_AT		0xe0	/* power management, which is not listed */

static struct {
	struct pci_ops *real;
	struct pci_ops ops;
	u16 pcix_command;
	u16 invalidate;
	u16 power;
	u8 pm_cap;		/* the device's own */
	u8 pme_support;
} fake;

static u32 fake_dword(int where)
{
	u32 value = 0;

	fake.real->read(DEV->bus, DEV->devfn, where, 4, &value);
	switch (where) {
	case PCI_COMMAND:
		value |= fake.invalidate | PCI_STATUS_CAP_LIST << 16;
		break;
	case PCI_CAPABILITY_LIST:
		value = (value & ~0xffU) | PCIX_AT;
		break;
	case PCIX_AT:
		value = PCI_CAP_ID_PCIX | (u32)fake.pcix_command << 16;
		break;
	case PM_AT + PCI_PM_CTRL:
		value = fake.power | PCI_PM_CTRL_NO_SOFT_RESET;
		break;
	case PCIX_AT + PCI_X_STATUS:
		value = PCI_X_STATUS_MAX_READ;
		break;
	}
	return value;
}

static int fake_read(struct pci_bus *bus, unsigned int devfn, int where,
		     int size, u32 *value)
{
	if (devfn != DEV->devfn)
		return fake.real->read(bus, devfn, where, size, value);
	*value = fake_dword(where & ~3) >> 8 * (where & 3);
	if (size < 4)
		*value &= BIT(8 * size) - 1;
	return PCIBIOS_SUCCESSFUL;
}

static int fake_write(struct pci_bus *bus, unsigned int devfn, int where,
		      int size, u32 value)
{
	if (devfn == DEV->devfn && where == PCIX_AT + PCI_X_CMD)
		fake.pcix_command = value;
	else if (devfn == DEV->devfn && where == PM_AT + PCI_PM_CTRL)
		fake.power = value;
	else if (devfn == DEV->devfn && where == PCI_COMMAND)
		fake.invalidate = value & PCI_COMMAND_INVALIDATE;
	return fake.real->write(bus, devfn, where, size, value);
}

static void fake_start(void)
{
	fake.pcix_command = 0;
	fake.invalidate = 0;
	fake.power = 0;
	fake.ops = (struct pci_ops){ .read = fake_read, .write = fake_write };
	fake.real = pci_bus_set_ops(DEV->bus, &fake.ops);
}

static void fake_mwi(void)
{
	fake_start();
	pci_write_config_byte(DEV, PCI_CACHE_LINE_SIZE, 0);
}

static void fake_end(void)
{
	pci_bus_set_ops(DEV->bus, fake.real);
}

/* The command register, and whether the cache line size it needs is set. */
static u64 invalidate(void)
{
	return (config(PCI_COMMAND) & PCI_COMMAND_INVALIDATE) |
	       (config(PCI_CACHE_LINE_SIZE) & 0xff ? BIT(16) : 0);
}

static void fake_power(void)
{
	fake_start();
	fake.pm_cap = DEV->pm_cap;
	fake.pme_support = DEV->pme_support;
	DEV->pm_cap = PM_AT;
	DEV->pme_support = BIT(PCI_D3hot);
	DEV->current_state = PCI_D0;
	device_set_wakeup_enable(&DEV->dev, true);
}

static void fake_power_end(void)
{
	pci_enable_wake(DEV, PCI_D3hot, false);
	device_set_wakeup_enable(&DEV->dev, false);
	pci_set_power_state(DEV, PCI_D0);
	DEV->pm_cap = fake.pm_cap;
	DEV->pme_support = fake.pme_support;
	fake_end();
}

/* A driver for no device. */
static const struct pci_device_id other_ids[] = { { } };

static struct pci_driver other = {
	.name		= "fgft_rows_other",
	.id_table	= other_ids,
};

static u64 driver_known(void)
{
	return !!driver_find(other.name, &pci_bus_type);
}

static void have_driver(void)
{
	if (pci_register_driver(&other))
		pr_warn("no second driver\n");
}

static u64 enabled(void)
{
	return atomic_read(&DEV->enable_cnt);
}

static void enable(void)
{
	if (pci_enable_device(DEV))
		pr_warn("no device\n");
}

/* Regions somebody has requested, a bit each. */
static u64 regions(void)
{
	return (DEV->resource[0].child ? BIT(0) : 0) |
	       (DEV->resource[1].child ? BIT(1) : 0);
}

static void request_regions(void)
{
	if (pci_request_regions(DEV, "rows"))
		pr_warn("no regions\n");
}

/* A byte of the configuration space that does no harm. */
static void line_size(u8 value)
{
	pci_write_config_byte(DEV, PCI_CACHE_LINE_SIZE, value);
}

static u64 saved(void)
{
	return DEV->state_saved |
	       (DEV->saved_config_space[PCI_CACHE_LINE_SIZE / 4] & 0xff) << 8;
}

static void saved_before(void)
{
	line_size(0x10);
	pci_save_state(DEV);
	line_size(0x5a);
}

static void saved_otherwise(void)
{
	line_size(0x5a);
	pci_save_state(DEV);
	line_size(0x10);
}

/* What the device core is to release, and it released. */
static NATIVE void group(void)
{
	if (!devres_open_group(&DEV->dev, NULL, GFP_KERNEL))
		pr_warn("nothing marked\n");
}

static NATIVE void drop_group(void)
{
	devres_release_group(&DEV->dev, NULL);
	DEV->is_managed = 0;
}

#define PORTS	0x218	/* where nothing is */

static NATIVE void have_ports(void)
{
	if (!request_region(PORTS, 8, "rows"))
		pr_warn("no ports\n");
}

static NATIVE u64 busy(void)
{
	if (!request_region(PORTS, 8, "rows"))
		return 1;
	release_region(PORTS, 8);
	return 0;
}

#define SUITE		pci
#define SUITE_FILE	"pci.def"
#include "suite.h"
