// SPDX-License-Identifier: GPL-2.0
/* fgft_snd_pcm.ko: wrappers of the functions of snd-pcm.ko. */

#include <linux/mutex.h>
#include <linux/slab.h>
#include <sound/control.h>
#include <sound/core.h>
#include <sound/pcm.h>

#include "kapi.h"

/* ---- what a pointer is -------------------------------------------------------- */

#define PCM_NEED(pcm)		NEED(WRITABLE, pcm, sizeof(*(pcm)))

/* One of a PCM of the driver's. */
static void substream_need(struct fgft_call *c,
			   const struct snd_pcm_substream *substream,
			   unsigned long ip, const char *what)
{
	kapi_need(c, FGFT_OBJECT_READABLE, substream, sizeof(*substream), ip,
		  what);
	kapi_need(c, FGFT_OBJECT_WRITABLE, substream->pcm,
		  sizeof(*substream->pcm), ip, what);
	if (substream->stream < 0 || substream->stream > 1 ||
	    substream->pstr != &substream->pcm->streams[substream->stream])
		fgft_abort(c, FGFT_CAUSE_ARGUMENT, ip,
			   (unsigned long)substream, what);
}

#define SUBSTREAM_NEED(substream) \
	substream_need(c, substream, _RET_IP_, kapi_name)

/* The one the call was handed a substream of: it may write it. */
#define RUNTIME_NEED(runtime)	NEED(WRITABLE, runtime, sizeof(*(runtime)))

/* ---- PCMs ------------------------------------------------------------------------ */

/* A PCM of a driver's, on its card's list as well, so that it goes with the card. */
struct tracked {
	struct list_head link;
	struct snd_pcm *pcm;
};

static LIST_HEAD(pcms);
/* Protects @pcms; taken under the locks of whoever frees a card. */
static DEFINE_MUTEX(pcms_mutex);

static int forget_pcm(struct snd_device *device)
{
	struct tracked *tracked = device->device_data;

	mutex_lock(&pcms_mutex);
	list_del(&tracked->link);
	mutex_unlock(&pcms_mutex);
	fgft_domain_remove(tracked->pcm);
	kfree(tracked);
	return 0;
}

static const struct snd_device_ops tracked_ops = {
	.dev_free = forget_pcm,
};

/* NULL without memory: stores to the PCM abort their call then. */
static struct tracked *pcm_track(struct fgft_call *c, unsigned long ip,
				 struct snd_card *card, struct snd_pcm *pcm)
{
	struct tracked *tracked = kzalloc(sizeof(*tracked), GFP_KERNEL);

	if (!tracked)
		return NULL;
	tracked->pcm = pcm;
	if (snd_device_new(card, SNDRV_DEV_LOWLEVEL, tracked, &tracked_ops)) {
		kfree(tracked);
		return NULL;
	}
	mutex_lock(&pcms_mutex);
	list_add(&tracked->link, &pcms);
	mutex_unlock(&pcms_mutex);
	kapi_track(c, ip, pcm, sizeof(*pcm), FGFT_RANGE_OBJECT);
	return tracked;
}

static void kapi_do_pcm_free(u64 a, u64 b, u64 tracked, u64 d)
{
	struct snd_card *card = AS(struct snd_card *, a);

	if (tracked)
		snd_device_free(card, AS(void *, tracked));
	snd_device_free(card, AS(struct snd_pcm *, b));
}

KAPI_EXPORT_NATIVE(int, snd_pcm_new,
		   (struct snd_card *card, const char *id, int device,
		    int playback, int capture, struct snd_pcm **pcm))
{
	int err = snd_pcm_new(card, id, device, playback, capture, pcm);

	if (!err)
		pcm_track(NULL, _RET_IP_, card, *pcm);
	return err;
}

KAPI_EXPORT(int, snd_pcm_new,
	    (struct snd_card *card, const char *id, int device, int playback,
	     int capture, struct snd_pcm **pcm))
{
	KAPI_ENTER(snd_pcm_new);
	struct tracked *tracked;
	int err;

	if (!c)
		return fgft_n_snd_pcm_new(card, id, device, playback, capture,
					  pcm);
	kapi_sleeps(c, _RET_IP_, kapi_name);
	NEED(WRITABLE, card, sizeof(*card));
	NEED(STRING, id, 0);
	WRITES(pcm, sizeof(*pcm));
	err = snd_pcm_new(card, id, device, playback, capture, pcm);
	if (err)
		return err;
	tracked = pcm_track(c, _RET_IP_, card, *pcm);
	UNDO(pcm_free, FGFT_EFFECT_SLEEPS, card, *pcm, tracked);
	return 0;
}

static void ops_log(struct fgft_call *c, struct snd_pcm *pcm, int direction,
		    unsigned long ip)
{
	struct snd_pcm_substream *substream;

	for (substream = pcm->streams[direction].substream; substream;
	     substream = substream->next)
		fgft_write_log(c, &substream->ops, sizeof(substream->ops), ip);
}

#define OPS_LOG(pcm, direction)	ops_log(c, pcm, direction, _RET_IP_)

static void forget_buffer(struct snd_pcm_substream *substream)
{
	memset(&substream->dma_buffer, 0, sizeof(substream->dma_buffer));
	substream->managed_buffer_alloc = 0;
}

static void kapi_do_buffers_free(u64 a, u64 b, u64 c, u64 d)
{
	struct snd_pcm *pcm = AS(struct snd_pcm *, a);
	struct snd_pcm_substream *substream;
	int stream;

	snd_pcm_lib_preallocate_free_for_all(pcm);
	for_each_pcm_streams(stream)
		for (substream = pcm->streams[stream].substream; substream;
		     substream = substream->next)
			forget_buffer(substream);
}

KAPI_EFFECT(period_elapsed,
	    snd_pcm_period_elapsed(AS(struct snd_pcm_substream *, a)))

static void kapi_do_chmap_remove(u64 a, u64 stream, u64 c, u64 d)
{
	struct snd_pcm *pcm = AS(struct snd_pcm *, a);
	struct snd_card *card = pcm->card;

	down_write(&card->controls_rwsem);
	if (pcm->streams[stream].chmap_kctl)
		snd_ctl_remove(card, pcm->streams[stream].chmap_kctl);
	up_write(&card->controls_rwsem);
}

/* ---- constraints ------------------------------------------------------------------- */

/* The array may have grown, and has moved then: only the number goes back. */
static void kapi_do_rules_forget(u64 a, u64 number, u64 c, u64 d)
{
	AS(struct snd_pcm_runtime *, a)->hw_constraints.rules_num = number;
}

#define RULES_UNDO(runtime) \
	UNDO(rules_forget, 0, runtime, (runtime)->hw_constraints.rules_num)

/* ---- restores ------------------------------------------------------------------------- */

/*
 * As a suspend of the system begins: streams are stopped, and who plays or
 * records is told to set up his own again (ESTRPIPE).
 */
static void suspend_pcms(struct fgft_device *dev)
{
	struct tracked *tracked;

	mutex_lock(&pcms_mutex);
	list_for_each_entry(tracked, &pcms, link)
		if (tracked->pcm->card->dev == dev->dev)
			snd_pcm_suspend_all(tracked->pcm);
	mutex_unlock(&pcms_mutex);
}

static struct fgft_quiescer pcm_quiescer = {
	.note = suspend_pcms,
};

#define KAPI_MODULE_BEGIN()	(fgft_quiescer_add(&pcm_quiescer), 0)
#define KAPI_MODULE_END()	fgft_quiescer_remove(&pcm_quiescer)

#define KAPI_TABLE	"kapi/snd_pcm.def"
#include "kapi_module.h"

MODULE_DESCRIPTION("Wrappers of PCM functions for isolated drivers");
