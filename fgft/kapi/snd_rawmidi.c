// SPDX-License-Identifier: GPL-2.0
/* fgft_snd_rawmidi.ko: wrappers of the functions of snd-rawmidi.ko. */

#include <sound/core.h>
#include <sound/rawmidi.h>

#include "kapi.h"

/* One of an interface of the driver's. */
static void substream_need(struct fgft_call *c,
			   const struct snd_rawmidi_substream *substream,
			   unsigned long ip, const char *what)
{
	kapi_need(c, FGFT_OBJECT_READABLE, substream, sizeof(*substream), ip,
		  what);
	kapi_need(c, FGFT_OBJECT_WRITABLE, substream->rmidi,
		  sizeof(*substream->rmidi), ip, what);
	if (substream->stream < 0 || substream->stream > 1 ||
	    substream->pstr != &substream->rmidi->streams[substream->stream])
		fgft_abort(c, FGFT_CAUSE_ARGUMENT, ip,
			   (unsigned long)substream, what);
}

#define SUBSTREAM_NEED(substream) \
	substream_need(c, substream, _RET_IP_, kapi_name)

/* Beside an interface on its card's list, so that the range goes with it. */
static void *tracker(struct snd_rawmidi *rmidi)
{
	return (u8 *)rmidi + 1;
}

static int forget_rawmidi(struct snd_device *device)
{
	fgft_domain_remove((u8 *)device->device_data - 1);
	return 0;
}

static const struct snd_device_ops tracker_ops = {
	.dev_free = forget_rawmidi,
};

static void rawmidi_track(struct fgft_call *c, unsigned long ip,
			  struct snd_card *card, struct snd_rawmidi *rmidi)
{
	if (!snd_device_new(card, SNDRV_DEV_LOWLEVEL, tracker(rmidi),
			    &tracker_ops))
		kapi_track(c, ip, rmidi, sizeof(*rmidi), FGFT_RANGE_OBJECT);
}

static void kapi_do_rawmidi_free(u64 a, u64 b, u64 c, u64 d)
{
	struct snd_card *card = AS(struct snd_card *, a);
	struct snd_rawmidi *rmidi = AS(struct snd_rawmidi *, b);

	snd_device_free(card, tracker(rmidi));
	snd_device_free(card, rmidi);
}

KAPI_EXPORT_NATIVE(int, snd_rawmidi_new,
		   (struct snd_card *card, char *id, int device, int outputs,
		    int inputs, struct snd_rawmidi **rmidi))
{
	int err = snd_rawmidi_new(card, id, device, outputs, inputs, rmidi);

	if (!err)
		rawmidi_track(NULL, _RET_IP_, card, *rmidi);
	return err;
}

KAPI_EXPORT(int, snd_rawmidi_new,
	    (struct snd_card *card, char *id, int device, int outputs,
	     int inputs, struct snd_rawmidi **rmidi))
{
	KAPI_ENTER(snd_rawmidi_new);
	int err;

	if (!c)
		return fgft_n_snd_rawmidi_new(card, id, device, outputs, inputs,
					      rmidi);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	NEED(WRITABLE, card, sizeof(*card));
	NEED(STRING, id, 0);
	WRITES(rmidi, sizeof(*rmidi));
	err = snd_rawmidi_new(card, id, device, outputs, inputs, rmidi);
	if (err)
		return err;
	rawmidi_track(c, _RET_IP_, card, *rmidi);
	UNDO(rawmidi_free, FGFT_EFFECT_SLEEPS, card, *rmidi);
	return 0;
}

static void ops_log(struct fgft_call *c, struct snd_rawmidi *rmidi, int stream,
		    unsigned long ip)
{
	struct snd_rawmidi_substream *substream;

	list_for_each_entry(substream, &rmidi->streams[stream].substreams, list)
		fgft_write_log(c, &substream->ops, sizeof(substream->ops), ip);
}

#define OPS_LOG(rmidi, stream)	ops_log(c, rmidi, stream, _RET_IP_)

#define KAPI_TABLE	"kapi/snd_rawmidi.def"
#include "kapi_module.h"

MODULE_DESCRIPTION("Wrappers of raw MIDI functions for isolated drivers");
