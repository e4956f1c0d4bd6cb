// SPDX-License-Identifier: GPL-2.0
/* Sound cards: what is on them, and what is known as the driver's. */
#include <linux/device.h>
#include <linux/list.h>
#include <sound/control.h>
#include <sound/core.h>
#include <sound/info.h>
#include <sound/memalloc.h>

#include "rows.h"
#include "card.h"

#define DEV	(&env.pdev->dev)
#define CARD	rows_card
#define MORE(size)	(env.base + BIT(40) + (size))

static struct snd_card *made;
static struct snd_dma_buffer *buffer;
static struct snd_ctl_elem_info info;
static int part;

static const struct snd_device_ops no_ops;

static int control_info(struct snd_kcontrol *kctl, struct snd_ctl_elem_info *to)
{
	return snd_ctl_boolean_mono_info(kctl, to);
}

static const struct snd_kcontrol_new control = {
	.iface	= SNDRV_CTL_ELEM_IFACE_MIXER,
	.name	= "rows",
	.info	= control_info,
};

static void file_read(struct snd_info_entry *entry,
		      struct snd_info_buffer *to)
{
}

static NATIVE u64 length(const struct list_head *list)
{
	const struct list_head *at;
	u64 n = 0;

	list_for_each(at, list)
		n++;
	return n;
}

static NATIVE void drop_buffer(void)
{
	devres_release_group(DEV, NULL);
}

/* A group around what an act leaves, for drop_buffer() and drop_made(). */
static NATIVE void group(void)
{
	if (!devres_open_group(DEV, NULL, GFP_KERNEL))
		pr_warn("nothing marked\n");
}

#define SUITE		snd
#define SUITE_FILE	"snd.def"
#include "suite.h"
