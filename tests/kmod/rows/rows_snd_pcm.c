// SPDX-License-Identifier: GPL-2.0
/* PCMs: a stream that runs, of a device that does nothing. */
#include <linux/slab.h>
#include <sound/core.h>
#include <sound/pcm.h>

#include "rows.h"
#include "card.h"

#define MORE(size)	(env.base + BIT(40) + (size))
#define STREAM		(pcm->streams[0].substream)

static struct snd_pcm *pcm;
static struct snd_pcm_runtime *runtime;

static NATIVE snd_pcm_uframes_t stream_pointer(struct snd_pcm_substream *stream)
{
	env.hits++;
	return 0;
}

static const struct snd_pcm_ops no_ops;
static const struct snd_pcm_ops ops = {
	.pointer = stream_pointer,
};

static const unsigned int rates[] = { 8000 };

static const struct snd_pcm_hw_constraint_list rate_list = {
	.count	= 1,
	.list	= rates,
};

static const struct snd_ratnum clock = {
	.num		= 1000000,
	.den_min	= 10,
	.den_max	= 100,
	.den_step	= 1,
};

static const struct snd_pcm_hw_constraint_ratnums clocks = {
	.nrats	= 1,
	.rats	= &clock,
};

static void have_pcm(void)
{
	rows_card_new();
	if (snd_pcm_new(rows_card, "rows", 0, 1, 0, &pcm))
		pr_warn("no PCM\n");
	snd_pcm_set_ops(pcm, 0, &no_ops);
}

#define FRAMES	64

/* As an open device has it that has been told to play. */
static void have_stream(void)
{
	have_pcm();
	snd_pcm_set_ops(pcm, 0, &ops);
	runtime = kzalloc(sizeof(*runtime), GFP_KERNEL);
	runtime->status = kzalloc(PAGE_SIZE, GFP_KERNEL);
	runtime->control = kzalloc(PAGE_SIZE, GFP_KERNEL);
	runtime->buffer_size = FRAMES;
	runtime->period_size = FRAMES / 4;
	runtime->boundary = FRAMES << 20;
	runtime->stop_threshold = runtime->boundary;
	runtime->rate = 8000;
	runtime->frame_bits = 16;
	runtime->min_align = 1;
	runtime->hw_ptr_jiffies = jiffies;
	runtime->hw_ptr_buffer_jiffies = HZ;
	init_waitqueue_head(&runtime->sleep);
	init_waitqueue_head(&runtime->tsleep);
	runtime->hw.info = SNDRV_PCM_INFO_INTERLEAVED;
	__snd_pcm_set_state(runtime, SNDRV_PCM_STATE_RUNNING);
	STREAM->runtime = runtime;
}

static void drop_stream(void)
{
	STREAM->runtime = NULL;
	kfree(runtime->hw_constraints.rules);
	kfree(runtime->control);
	kfree(runtime->status);
	kfree(runtime);
	rows_card_free();
}

#define SUITE		snd_pcm
#define SUITE_FILE	"snd_pcm.def"
#include "suite.h"
