// SPDX-License-Identifier: GPL-2.0
/* fgft_snd.ko: wrappers of the functions of snd.ko. */

#include <linux/device.h>
#include <linux/slab.h>
#include <sound/control.h>
#include <sound/core.h>
#include <sound/info.h>
#include <sound/memalloc.h>

#include "kapi.h"

/* A card of the driver's: memory it owns. */
#define CARD_NEED(card)		NEED(WRITABLE, card, sizeof(*(card)))

/* ---- cards -------------------------------------------------------------------- */

KAPI_EFFECT(card_disconnect, snd_card_disconnect(AS(struct snd_card *, a)))
KAPI_EFFECT(free_on_error, snd_card_free_on_error(AS(struct device *, a), b))

/* The private data is behind the card, in one piece with it. */
static void card_track(struct fgft_call *c, unsigned long ip,
		       struct device *parent, struct snd_card *card,
		       size_t extra)
{
	kapi_devm_track(c, ip, parent, card, sizeof(*card) + extra);
}

KAPI_EXPORT_NATIVE(int, snd_devm_card_new,
		   (struct device *parent, int index, const char *id,
		    struct module *module, size_t extra,
		    struct snd_card **card))
{
	int err = snd_devm_card_new(parent, index, id, module, extra, card);

	if (!err)
		card_track(NULL, _RET_IP_, parent, *card, extra);
	return err;
}

KAPI_EXPORT(int, snd_devm_card_new,
	    (struct device *parent, int index, const char *id,
	     struct module *module, size_t extra, struct snd_card **card))
{
	KAPI_ENTER(snd_devm_card_new);
	void *group;
	int err;

	if (!c)
		return fgft_n_snd_devm_card_new(parent, index, id, module,
						extra, card);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	NEED(DEVICE, parent, 0);
	if (id)
		NEED(STRING, id, 0);
	WRITES(card, sizeof(*card));
	group = kapi_devres_open(c, parent, _RET_IP_, kapi_name);
	err = snd_devm_card_new(parent, index, id, module, extra, card);
	if (!err)
		card_track(c, _RET_IP_, parent, *card, extra);
	kapi_devres_close(c, parent, group, !err);
	return err;
}

KAPI_EXPORT(int, snd_card_free_on_error, (struct device *dev, int ret))
{
	KAPI_ENTER(snd_card_free_on_error);

	if (!c)
		return snd_card_free_on_error(dev, ret);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	NEED(DEVICE, dev, 0);
	if (ret)
		COMMIT(free_on_error, dev, ret);
	return ret;
}

/* ---- what is on a card --------------------------------------------------------- */

static const struct snd_device_ops no_ops;

/* Off the list, without what its dev_free() would do: that is undone already. */
static void kapi_do_device_forget(u64 a, u64 data, u64 c, u64 d)
{
	struct snd_card *card = AS(struct snd_card *, a);
	struct snd_device *dev;

	list_for_each_entry(dev, &card->devices, list)
		if (dev->device_data == AS(void *, data))
			dev->ops = &no_ops;
	snd_device_free(card, AS(void *, data));
}

/* The newest file is the last of the card's. */
static struct snd_info_entry *newest_file(const struct snd_card *card)
{
	if (list_empty(&card->proc_root->children))
		return NULL;
	return list_last_entry(&card->proc_root->children,
			       struct snd_info_entry, list);
}

KAPI_EFFECT(proc_free, snd_info_free_entry(AS(struct snd_info_entry *, b)))

int fgft_k_snd_card_rw_proc_new(struct snd_card *card, const char *name,
				void *data,
				void (*read)(struct snd_info_entry *,
					     struct snd_info_buffer *),
				void (*write)(struct snd_info_entry *,
					      struct snd_info_buffer *));

KAPI_EXPORT(int, snd_card_ro_proc_new,
	    (struct snd_card *card, const char *name, void *data,
	     void (*read)(struct snd_info_entry *, struct snd_info_buffer *)))
{
	return fgft_k_snd_card_rw_proc_new(card, name, data, read, NULL);
}

/* ---- controls ------------------------------------------------------------------- */

/* A control made inside a call, and whether a card has it: then it frees it. */
struct new_control {
	struct snd_kcontrol *kctl;
	bool taken;
};

static void kapi_do_control_free(u64 a, u64 b, u64 c, u64 d)
{
	struct new_control *control = AS(struct new_control *, a);

	if (!control->taken)
		snd_ctl_free_one(control->kctl);
	kfree(control);
}

KAPI_EFFECT(control_keep, kfree(AS(void *, a)))

static void kapi_do_control_remove(u64 a, u64 kctl, u64 control, u64 d)
{
	struct snd_card *card = AS(struct snd_card *, a);

	down_write(&card->controls_rwsem);
	snd_ctl_remove(card, AS(struct snd_kcontrol *, kctl));
	up_write(&card->controls_rwsem);
}

/* What the search for a control is about, and what it found. */
struct control_search {
	const struct snd_kcontrol *kctl;
	struct new_control **found;
};

static bool is_control(const u64 arg[4], const void *data)
{
	const struct control_search *search = data;
	struct new_control *control = AS(struct new_control *, arg[0]);

	if (control->kctl != search->kctl || control->taken)
		return false;
	*search->found = control;
	return true;
}

KAPI_EXPORT(struct snd_kcontrol *, snd_ctl_new1,
	    (const struct snd_kcontrol_new *new, void *data))
{
	KAPI_ENTER(snd_ctl_new1);
	struct new_control *control;
	struct snd_kcontrol *kctl;

	if (!c)
		return snd_ctl_new1(new, data);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	NEED(READABLE, new, sizeof(*new));
	control = kzalloc(sizeof(*control), GFP_KERNEL);
	if (!control)
		return NULL;
	kctl = snd_ctl_new1(new, data);
	if (!kctl) {
		kfree(control);
		return NULL;
	}
	control->kctl = kctl;
	UNDO(control_free, FGFT_EFFECT_SLEEPS, control);
	COMMIT(control_keep, control);
	GRANT(kctl, struct_size(kctl, vd, kctl->count));
	return kctl;
}

/* One that cannot be added is freed by that. */
KAPI_EXPORT(int, snd_ctl_add, (struct snd_card *card, struct snd_kcontrol *kctl))
{
	KAPI_ENTER(snd_ctl_add);
	struct new_control *control = NULL;
	const struct control_search search = { kctl, &control };
	int err;

	if (!c)
		return snd_ctl_add(card, kctl);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	CARD_NEED(card);
	if (!kctl)
		return snd_ctl_add(card, kctl);
	NEED(READABLE, kctl, sizeof(*kctl));
	/* One that came from elsewhere goes with the card: no way back. */
	if (!fgft_undo_find(&c->undo, kapi_do_control_free, is_control,
			    &search)) {
		fgft_window_close(c);
		return snd_ctl_add(card, kctl);
	}
	err = snd_ctl_add(card, kctl);
	control->taken = true;
	if (!err)
		UNDO(control_remove, FGFT_EFFECT_SLEEPS, card, kctl);
	return err;
}

/* ---- memory ---------------------------------------------------------------------- */

static void pages_track(struct fgft_call *c, unsigned long ip,
			struct device *dev, const struct snd_dma_buffer *buffer)
{
	if (buffer && buffer->area)
		kapi_devm_track(c, ip, dev, buffer->area, buffer->bytes);
}

KAPI_EXPORT_NATIVE(struct snd_dma_buffer *, snd_devm_alloc_dir_pages,
		   (struct device *dev, int type, enum dma_data_direction dir,
		    size_t size))
{
	struct snd_dma_buffer *buffer =
		snd_devm_alloc_dir_pages(dev, type, dir, size);

	pages_track(NULL, _RET_IP_, dev, buffer);
	return buffer;
}

KAPI_EXPORT(struct snd_dma_buffer *, snd_devm_alloc_dir_pages,
	    (struct device *dev, int type, enum dma_data_direction dir,
	     size_t size))
{
	KAPI_ENTER(snd_devm_alloc_dir_pages);
	struct snd_dma_buffer *buffer;
	void *group;

	if (!c)
		return fgft_n_snd_devm_alloc_dir_pages(dev, type, dir, size);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	NEED(DEVICE, dev, 0);
	SANE(valid_dma_direction(dir), dir);
	group = kapi_devres_open(c, dev, _RET_IP_, kapi_name);
	buffer = snd_devm_alloc_dir_pages(dev, type, dir, size);
	pages_track(c, _RET_IP_, dev, buffer);
	kapi_devres_close(c, dev, group, buffer);
	return buffer;
}

KAPI_EXPORT_NATIVE(struct snd_dma_buffer *, snd_devm_alloc_pages,
		   (struct device *dev, int type, size_t size))
{
	struct snd_dma_buffer *buffer = snd_devm_alloc_pages(dev, type, size);

	pages_track(NULL, _RET_IP_, dev, buffer);
	return buffer;
}

KAPI_EXPORT(struct snd_dma_buffer *, snd_devm_alloc_pages,
	    (struct device *dev, int type, size_t size))
{
	return fgft_k_snd_devm_alloc_dir_pages(dev, type, DMA_BIDIRECTIONAL,
					       size);
}

#define KAPI_TABLE	"kapi/snd.def"
#include "kapi_module.h"

MODULE_DESCRIPTION("Wrappers of sound card functions for isolated drivers");
