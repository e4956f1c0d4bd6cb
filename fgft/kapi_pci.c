// SPDX-License-Identifier: GPL-2.0
/*
 * Words and wrappers of pci.def: the configuration space and what is saved
 * of it.
 */

#include <linux/pci.h>
#include <linux/slab.h>

#include "kapi.h"

/* ---- the command register ----------------------------------------------------- */

static void kapi_do_pci_command(u64 a, u64 command, u64 c, u64 d)
{
	struct pci_dev *pdev = AS(struct pci_dev *, a);

	pci_write_config_word(pdev, PCI_COMMAND, command);
	pdev->is_busmaster = !!(command & PCI_COMMAND_MASTER);
}

void kapi_pci_command_undo(struct fgft_call *c, struct pci_dev *pdev)
{
	u16 command;

	pci_read_config_word(pdev, PCI_COMMAND, &command);
	UNDO(pci_command, 0, pdev, command);
}

static void kapi_do_cache_line_size(u64 a, u64 size, u64 c, u64 d)
{
	pci_write_config_byte(AS(struct pci_dev *, a), PCI_CACHE_LINE_SIZE,
			      size);
}

/* Memory-write-invalidate has the cache line size set, too. */
void kapi_pci_mwi_undo(struct fgft_call *c, struct pci_dev *pdev)
{
	u8 size;

	kapi_pci_command_undo(c, pdev);
	pci_read_config_byte(pdev, PCI_CACHE_LINE_SIZE, &size);
	UNDO(cache_line_size, 0, pdev, size);
}

/* ---- any other register of the configuration space ---------------------------- */

KAPI_EFFECT(pci_config_word,
	    pci_write_config_word(AS(struct pci_dev *, a), b, c))

/* Bits that a one clears are not set again: the old value clears no others. */
void kapi_pci_config_undo(struct fgft_call *c, const struct pci_dev *pdev,
			  int where)
{
	u16 value;

	pci_read_config_word(pdev, where, &value);
	UNDO(pci_config_word, 0, pdev, where, value);
}

/* ---- saved state ------------------------------------------------------------------ */

KAPI_EFFECT(kfree, kfree(AS(void *, a)))

/* The driver's saved state goes back to what it was; the copy is ours. */
static void kapi_do_saved_state(u64 a, u64 b, u64 c, u64 d)
{
	struct pci_dev *pdev = AS(struct pci_dev *, a);
	struct pci_saved_state *saved = AS(struct pci_saved_state *, b);

	pdev->state_saved = false;
	if (saved)
		pci_load_and_free_saved_state(pdev, &saved);
}

/* The configuration space itself: through the saved state, on its way back. */
static void kapi_do_config_space(u64 a, u64 b, u64 c, u64 d)
{
	struct pci_dev *pdev = AS(struct pci_dev *, a);
	struct pci_saved_state *space = AS(struct pci_saved_state *, b);

	if (!pci_load_and_free_saved_state(pdev, &space))
		pci_restore_state(pdev);
}

static struct pci_saved_state *state_copy(struct fgft_call *c,
					  struct pci_dev *pdev,
					  unsigned long ip, const char *what)
{
	struct pci_saved_state *copy;

	if (!pdev->state_saved)
		return NULL;
	copy = pci_store_saved_state(pdev);
	if (!copy)
		fgft_abort(c, FGFT_CAUSE_MEMORY, ip, 0, what);
	COMMIT(kfree, copy);
	return copy;
}

KAPI_EXPORT(int, pci_save_state, (struct pci_dev *pdev))
{
	KAPI_ENTER(pci_save_state);

	if (!c)
		return pci_save_state(pdev);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	NEED(DEVICE, &pdev->dev, 0);
	UNDO(saved_state, 0, pdev, state_copy(c, pdev, _RET_IP_, kapi_name));
	return pci_save_state(pdev);
}

KAPI_EXPORT(void, pci_restore_state, (struct pci_dev *pdev))
{
	KAPI_ENTER(pci_restore_state);
	struct pci_saved_state *own;

	if (!c)
		return pci_restore_state(pdev);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	NEED(DEVICE, &pdev->dev, 0);
	/* Nothing is restored then. */
	if (!pdev->state_saved)
		return;
	own = state_copy(c, pdev, _RET_IP_, kapi_name);
	UNDO(saved_state, 0, pdev, own);
	pci_save_state(pdev);
	UNDO(config_space, FGFT_EFFECT_SLEEPS, pdev,
	     state_copy(c, pdev, _RET_IP_, kapi_name));
	pci_load_saved_state(pdev, own);
	pci_restore_state(pdev);
}
