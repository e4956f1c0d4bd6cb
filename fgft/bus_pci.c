// SPDX-License-Identifier: GPL-2.0
/*
 * PCI devices: what a restore puts back is the configuration space, what keeps
 * a device silent are the bus master bit and the interrupt disable bit of its
 * command register, and what resets it is what the PCI core prefers for it.
 */
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "bus.h"
#include "fgft.h"

#define HEADER_BARS	(PCI_BASE_ADDRESS_0 / 4)
#define HEADER_NBARS	6

struct pci_state {
	struct pci_saved_state *saved;	/* configuration space */
	u32 header[16];			/* its first words, when saved */
	u16 command;			/* PCI_COMMAND before it was silenced */
};

static struct pci_state *state_of(struct fgft_device *dev)
{
	return (struct pci_state *)dev->bus_state;
}

/* What the driver has saved itself with pci_save_state() stays as it was. */
static void take(struct fgft_device *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev->dev);
	struct pci_saved_state *own = NULL, *saved;
	struct pci_state *state = state_of(dev);
	int i;

	if (pdev->state_saved)
		own = pci_store_saved_state(pdev);
	pci_save_state(pdev);
	saved = pci_store_saved_state(pdev);
	if (own)
		pci_load_and_free_saved_state(pdev, &own);
	else
		pdev->state_saved = false;
	kfree(xchg(&state->saved, saved));
	for (i = 0; i < (int)ARRAY_SIZE(state->header); i++)
		pci_read_config_dword(pdev, 4 * i, &state->header[i]);
}

static void drop(struct fgft_device *dev)
{
	kfree(state_of(dev)->saved);
}

static void silence(struct fgft_device *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev->dev);

	pci_read_config_word(pdev, PCI_COMMAND, &state_of(dev)->command);
	pci_clear_master(pdev);
	pci_intx(pdev, false);
}

static void unsilence(struct fgft_device *dev)
{
	pci_write_config_word(to_pci_dev(dev->dev), PCI_COMMAND,
			      state_of(dev)->command);
}

static void mute(struct fgft_device *dev, bool mute)
{
	pci_intx(to_pci_dev(dev->dev), !mute);
}

static void put_back(struct fgft_device *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev->dev);
	struct pci_state *state = state_of(dev);

	if (!state->saved)
		return;
	if (!pci_load_saved_state(pdev, state->saved))
		pci_restore_state(pdev);
	/* A resume that never touches bus mastering relies on finding it. */
	if (state->command & PCI_COMMAND_MASTER)
		pci_set_master(pdev);
	if (!(state->command & PCI_COMMAND_INTX_DISABLE))
		pci_intx(pdev, true);
}

/* The device answers, decodes what it decoded, where it decoded it. */
static bool verify(struct fgft_device *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev->dev);
	struct pci_state *state = state_of(dev);
	u16 command, decodes;
	u32 value;
	int i;

	decodes = state->command & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
	pci_read_config_dword(pdev, PCI_VENDOR_ID, &value);
	if (value != (pdev->vendor | (u32)pdev->device << 16))
		return false;
	pci_read_config_word(pdev, PCI_COMMAND, &command);
	if ((command & decodes) != decodes)
		return false;
	for (i = HEADER_BARS; i < HEADER_BARS + HEADER_NBARS; i++) {
		pci_read_config_dword(pdev, 4 * i, &value);
		if (value != state->header[i])
			return false;
	}
	return true;
}

static bool can_reset(struct fgft_device *dev)
{
	return to_pci_dev(dev->dev)->reset_methods[0];
}

static int reset(struct fgft_device *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev->dev);
	int err;

	pci_cfg_access_lock(pdev);
	err = __pci_reset_function_locked(pdev);
	pci_cfg_access_unlock(pdev);
	return err;
}

static bool find_port(struct fgft_device *dev, unsigned long port,
		      struct fgft_ports *ports)
{
	struct pci_dev *pdev = to_pci_dev(dev->dev);
	int bar;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		*ports = (struct fgft_ports){
			.first = pci_resource_start(pdev, bar),
			.count = pci_resource_len(pdev, bar),
			.bar = bar,
		};
		if ((pci_resource_flags(pdev, bar) & IORESOURCE_IO) &&
		    port - ports->first < ports->count)
			return true;
	}
	return false;
}

static void lend(struct fgft_device *dev, struct device_driver *driver)
{
	to_pci_dev(dev->dev)->driver = driver ? to_pci_driver(driver) : NULL;
}

const struct fgft_bus fgft_bus_pci = {
	.type		= &pci_bus_type,
	.state		= sizeof(struct pci_state),
	.handle		= offsetof(struct pci_dev, dev),
	.at_bind	= true,
	.take		= take,
	.drop		= drop,
	.silence	= silence,
	.unsilence	= unsilence,
	.mute		= mute,
	.put_back	= put_back,
	.verify		= verify,
	.can_reset	= can_reset,
	.reset		= reset,
	.find_port	= find_port,
	.lends		= true,
	.lend		= lend,
};
