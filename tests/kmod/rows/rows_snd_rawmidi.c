// SPDX-License-Identifier: GPL-2.0
/* Raw MIDI: bytes that come and go. */
#include <linux/slab.h>
#include <sound/core.h>
#include <sound/rawmidi.h>

#include "rows.h"
#include "card.h"

#define MORE(size)	(env.base + BIT(40) + (size))
#define STREAM(n)	list_first_entry(&rmidi->streams[n].substreams,	\
					 struct snd_rawmidi_substream, list)
#define OUTPUT		STREAM(SNDRV_RAWMIDI_STREAM_OUTPUT)
#define INPUT		STREAM(SNDRV_RAWMIDI_STREAM_INPUT)
#define BYTES		64

static struct snd_rawmidi *rmidi;
static struct snd_rawmidi_runtime *runtime;
static u8 byte;

static void stream_trigger(struct snd_rawmidi_substream *stream, int up)
{
}

static const struct snd_rawmidi_ops ops = {
	.trigger = stream_trigger,
};

static void have_rawmidi(void)
{
	rows_card_new();
	if (snd_rawmidi_new(rows_card, "rows", 0, 1, 1, &rmidi))
		pr_warn("no MIDI\n");
}

/* As an open device has it; nobody waits. */
static void have_stream(int stream)
{
	have_rawmidi();
	runtime = kzalloc(sizeof(*runtime), GFP_KERNEL);
	runtime->buffer = kzalloc(BYTES, GFP_KERNEL);
	runtime->buffer_size = BYTES;
	runtime->avail_min = BYTES;
	init_waitqueue_head(&runtime->sleep);
	STREAM(stream)->runtime = runtime;
	STREAM(stream)->opened = 1;
}

static void drop_stream(int stream)
{
	STREAM(stream)->runtime = NULL;
	STREAM(stream)->opened = 0;
	kfree(runtime->buffer);
	kfree(runtime);
	rows_card_free();
}

#define SUITE		snd_rawmidi
#define SUITE_FILE	"snd_rawmidi.def"
#include "suite.h"
