// SPDX-License-Identifier: GPL-2.0
/* fgft/undo.c: what a log is given comes back, newest first, or is refused. */
#include <cstring>
#include <numeric>
#include <vector>

extern "C" {
#include "fgft.h"
}

#include "fixture.h"

namespace {

/* What one effect was told when it ran, and what a watched byte held then. */
struct Taken {
	u64 a, b, c, d;
	u8 seen;

	bool operator==(const Taken &other) const
	{
		return a == other.a && b == other.b && c == other.c &&
		       d == other.d && seen == other.seen;
	}
};

std::vector<Taken> taken;
const u8 *watched;

void take(u64 a, u64 b, u64 c, u64 d)
{
	taken.push_back({ a, b, c, d, watched ? *watched : u8{ 0 } });
}

/* Another function, so that a log that mixes them up is noticed. */
void take_other(u64 a, u64 b, u64 c, u64 d)
{
	taken.push_back({ ~a, ~b, ~c, ~d, watched ? *watched : u8{ 0 } });
}

/* A sleeper that answers as told and counts how often it was asked. */
struct Answers {
	std::vector<bool> answer;	/* one a question; then the last again */
	size_t asked = 0;
	std::vector<u32> flags = {};

	static bool ask(const struct fgft_undo_effect *effect, void *data)
	{
		auto *self = static_cast<Answers *>(data);
		size_t which = std::min(self->asked, self->answer.size() - 1);

		self->asked++;
		self->flags.push_back(effect->footer.size);
		return self->answer[which];
	}
};

bool never_asked(const struct fgft_undo_effect *, void *)
{
	ADD_FAILURE() << "asked for a record without flags";
	return false;
}

/* Bytes that differ from their neighbours and from those of another seed. */
std::vector<u8> pattern(size_t size, unsigned int seed)
{
	std::vector<u8> bytes(size);

	for (size_t i = 0; i < size; i++)
		bytes[i] = static_cast<u8>((i * 31 + seed * 97 + i / 256) & 0xff);
	return bytes;
}

class Undo : public Accounted {
protected:
	void SetUp() override
	{
		Accounted::SetUp();
		taken.clear();
		watched = nullptr;
		ASSERT_EQ(fgft_undo_init(&undo_), 0);
	}

	void TearDown() override
	{
		shim::fail_never();
		fgft_undo_release(&undo_);
		EXPECT_EQ(undo_.top, nullptr);
		Accounted::TearDown();
	}

	void rollback()
	{
		fgft_undo_rollback(&undo_, never_asked, nullptr);
		EXPECT_EQ(undo_.chunks, 1u);
		EXPECT_EQ(shim::pages_live(), 1u);
	}

	/* Log [at, at + size) and write over it, as an isolated driver does. */
	int store(void *at, size_t size, u8 fill)
	{
		int err = fgft_undo_store(&undo_, at, size);

		if (!err)
			memset(at, fill, size);
		return err;
	}

	fgft_undo undo_ = {};
};

TEST_F(Undo, EverySizeComesBack)
{
	constexpr size_t most = 5000, guard = 16;
	const std::vector<u8> before = pattern(most + 2 * guard, 1);

	for (size_t size = 1; size <= most; size++) {
		std::vector<u8> memory = before;

		ASSERT_EQ(fgft_undo_store(&undo_, memory.data() + guard, size), 0);
		/* All of it, around it too: rollback must keep to its bytes. */
		for (u8 &byte : memory)
			byte = static_cast<u8>(~byte);
		rollback();
		for (size_t i = 0; i < memory.size(); i++) {
			bool logged = i >= guard && i < guard + size;
			u8 expected = logged ? before[i] : static_cast<u8>(~before[i]);

			ASSERT_EQ(memory[i], expected) << "size " << size << " byte " << i;
		}
		fgft_undo_reset(&undo_);
	}
}

TEST_F(Undo, EveryAlignmentComesBack)
{
	for (size_t offset = 0; offset < 64; offset++) {
		for (size_t size = 1; size <= 40; size++) {
			const std::vector<u8> before = pattern(128, 2);
			std::vector<u8> memory = before;

			ASSERT_EQ(store(memory.data() + offset, size, 0xee), 0);
			rollback();
			ASSERT_EQ(memory, before) << offset << "+" << size;
			fgft_undo_reset(&undo_);
		}
	}
}

TEST_F(Undo, ReadsNoByteBeyondTheStore)
{
	/* Heap objects of the exact size: the sanitizer watches their ends. */
	for (size_t size = 1; size <= 64; size++) {
		std::vector<u8> memory = pattern(size, 3);
		const std::vector<u8> before = memory;

		ASSERT_EQ(store(memory.data(), size, 0x11), 0);
		rollback();
		ASSERT_EQ(memory, before);
		fgft_undo_reset(&undo_);
	}
}

TEST_F(Undo, NothingLoggedNothingDone)
{
	ASSERT_EQ(fgft_undo_store(&undo_, this, 0), 0);
	EXPECT_EQ(undo_.stores, 0u);
	rollback();
	EXPECT_TRUE(taken.empty());
}

TEST_F(Undo, OldestValueWins)
{
	u32 word = 1;

	for (u32 value = 2; value < 2000; value++) {
		ASSERT_EQ(fgft_undo_store(&undo_, &word, sizeof(word)), 0);
		word = value;
	}
	rollback();
	EXPECT_EQ(word, 1u);
}

TEST_F(Undo, OverlappingStoresUnwindInOrder)
{
	const std::vector<u8> before = pattern(64, 4);
	std::vector<u8> memory = before;

	ASSERT_EQ(store(&memory[0], 16, 0x01), 0);
	ASSERT_EQ(store(&memory[8], 16, 0x02), 0);
	ASSERT_EQ(store(&memory[4], 1, 0x03), 0);
	ASSERT_EQ(store(&memory[12], 8, 0x04), 0);
	ASSERT_EQ(store(&memory[0], 64, 0x05), 0);
	ASSERT_EQ(store(&memory[63], 1, 0x06), 0);
	ASSERT_EQ(store(&memory[7], 3, 0x07), 0);
	rollback();
	EXPECT_EQ(memory, before);
}

/* ---- what somebody else has written since --------------------------------- */

TEST_F(Undo, WordWithAnotherValueIsLeftAlone)
{
	u64 ours = 1, theirs = 1;

	ASSERT_TRUE(fgft_undo_word(&undo_, &ours, sizeof(ours), 2));
	ours = 2;
	ASSERT_TRUE(fgft_undo_word(&undo_, &theirs, sizeof(theirs), 2));
	theirs = 3;
	EXPECT_EQ(fgft_undo_rollback(&undo_, never_asked, nullptr),
		  reinterpret_cast<unsigned long>(&theirs));
	EXPECT_EQ(ours, 1u);
	EXPECT_EQ(theirs, 3u);
	EXPECT_EQ(undo_.conflicts, 1u);
	EXPECT_EQ(undo_.stores, 2u);
}

TEST_F(Undo, OnlyTheLowBytesOfTheValueCount)
{
	u8 memory[3] = { 7, 7, 7 };

	/* As the isolator hands a negative char over: sign-extended. */
	ASSERT_TRUE(fgft_undo_word(&undo_, &memory[1], 1, ~u64{ 0 }));
	memory[1] = 0xff;
	rollback();
	EXPECT_EQ(memory[1], 7);
	EXPECT_EQ(undo_.conflicts, 0u);
}

TEST_F(Undo, EveryWordSizeComesBack)
{
	for (u32 size = 1; size <= 8; size *= 2) {
		u64 memory = 0x1122334455667788, value = 0x99aabbccddeeff00;

		ASSERT_TRUE(fgft_undo_word(&undo_, &memory, size, value));
		memcpy(&memory, &value, size);
		rollback();
		EXPECT_EQ(memory, 0x1122334455667788u) << size;
		EXPECT_EQ(undo_.conflicts, 0u);
		fgft_undo_reset(&undo_);
	}
}

TEST_F(Undo, OlderValueOfTheCallDoesNotPassForOurs)
{
	u32 word = 1;

	/* 1 -> 2 -> 3 by the call, then 2 again by another: it stays. */
	ASSERT_TRUE(fgft_undo_word(&undo_, &word, sizeof(word), 2));
	word = 2;
	ASSERT_TRUE(fgft_undo_word(&undo_, &word, sizeof(word), 3));
	word = 3;
	word = 2;
	rollback();
	EXPECT_EQ(word, 2u);
	EXPECT_EQ(undo_.conflicts, 1u);
}

TEST_F(Undo, RangeIsComparedWordByWord)
{
	alignas(8) u8 memory[24];

	memset(memory, 1, sizeof(memory));
	ASSERT_EQ(store(memory, sizeof(memory), 2), 0);
	/* The next record closes the range; what comes after is foreign. */
	ASSERT_EQ(fgft_undo_call(&undo_, take, 0, 0, 0, 0, 0), 0);
	memory[9] = 9;
	rollback();
	EXPECT_EQ(memory[7], 1);
	EXPECT_EQ(memory[8], 2);
	EXPECT_EQ(memory[9], 9);
	EXPECT_EQ(memory[16], 1);
	EXPECT_EQ(undo_.conflicts, 1u);
}

TEST_F(Undo, WordsAreClosedRangesToo)
{
	u64 range[2] = { 1, 1 }, word = 1;

	ASSERT_EQ(fgft_undo_store(&undo_, range, sizeof(range)), 0);
	range[0] = range[1] = 2;
	ASSERT_TRUE(fgft_undo_word(&undo_, &word, sizeof(word), 2));
	word = 2;
	range[1] = 3;
	rollback();
	EXPECT_EQ(range[0], 1u);
	EXPECT_EQ(range[1], 3u);
	EXPECT_EQ(word, 1u);
	EXPECT_EQ(undo_.conflicts, 1u);
}

TEST_F(Undo, LongRangesKeepWhatOthersWrote)
{
	/* Of several records, in several pages. */
	std::vector<u8> memory = pattern(10000, 6);
	std::vector<u8> expected = memory;

	ASSERT_EQ(store(memory.data(), memory.size(), 2), 0);
	ASSERT_EQ(fgft_undo_call(&undo_, take, 0, 0, 0, 0, 0), 0);
	/* A word at a time. */
	for (const size_t at : {96, 8000}) {
		std::fill_n(memory.begin() + static_cast<long>(at), sizeof(u64), 9);
		std::fill_n(expected.begin() + static_cast<long>(at), sizeof(u64), 9);
	}
	rollback();
	EXPECT_EQ(memory, expected);
	EXPECT_EQ(undo_.conflicts, 2u);
}

TEST_F(Undo, BlindRangesComeBackUnseen)
{
	std::vector<u8> memory = pattern(200, 6);
	const std::vector<u8> before = memory;

	ASSERT_EQ(fgft_undo_blind(&undo_, memory.data(), memory.size()), 0);
	ASSERT_EQ(fgft_undo_call(&undo_, take, 0, 0, 0, 0, 0), 0);
	memory[100] = 9;
	rollback();
	EXPECT_EQ(memory, before);
	EXPECT_EQ(undo_.conflicts, 0u);
}

TEST_F(Undo, WordsFillChunksAndAreRefusedWithoutMemory)
{
	std::vector<u32> memory(1000, 5);

	for (u32 i = 0; i < memory.size(); i++) {
		ASSERT_TRUE(fgft_undo_word(&undo_, &memory[i], 4, i));
		memory[i] = i;
	}
	EXPECT_GT(undo_.chunks, 1u);
	shim::fail_randomly(1, 1);
	while (fgft_undo_word(&undo_, &memory[0], 4, memory[0]))
		;
	shim::fail_never();
	rollback();
	EXPECT_EQ(memory, std::vector<u32>(1000, 5));
	EXPECT_EQ(undo_.conflicts, 0u);
}

TEST_F(Undo, EffectsRunNewestFirstWithTheirArguments)
{
	ASSERT_EQ(fgft_undo_call(&undo_, take, 0, 1, 2, 3, 4), 0);
	ASSERT_EQ(fgft_undo_call(&undo_, take_other, 0, 5, 6, 7, 8), 0);
	ASSERT_EQ(fgft_undo_call(&undo_, take, 0, ~0ULL, 1ULL << 63, 0, 1ULL << 32), 0);
	EXPECT_TRUE(taken.empty());
	rollback();
	EXPECT_EQ(undo_.calls, 3u);

	const std::vector<Taken> expected = {
		{ ~0ULL, 1ULL << 63, 0, 1ULL << 32, 0 },
		{ ~5ULL, ~6ULL, ~7ULL, ~8ULL, 0 },
		{ 1, 2, 3, 4, 0 },
	};
	EXPECT_EQ(taken, expected);
}

TEST_F(Undo, EffectsSeeMemoryAsItWasWhenTheyHappened)
{
	/* Records of 24 and 64 bytes over many chunks: every boundary is met. */
	constexpr u32 rounds = 500;
	u8 byte = 0;

	watched = &byte;
	for (u32 i = 0; i < rounds; i++) {
		ASSERT_EQ(store(&byte, 1, static_cast<u8>(i + 1)), 0);
		ASSERT_EQ(fgft_undo_call(&undo_, take, 0, i, 0, 0, 0), 0);
	}
	EXPECT_GT(undo_.chunks, 5u);
	rollback();
	ASSERT_EQ(taken.size(), rounds);
	for (u32 i = 0; i < rounds; i++) {
		u32 which = rounds - 1 - i;

		EXPECT_EQ(taken[i].a, which);
		EXPECT_EQ(taken[i].seen, static_cast<u8>(which + 1));
	}
	EXPECT_EQ(byte, 0);
}

/* An effect that frees the object an older store went to, later ones first. */
std::vector<u8> *given_back;

void give_back(u64, u64, u64, u64)
{
	given_back->assign(given_back->size(), 0xdd);
}

TEST_F(Undo, AStoreIntoAnObjectIsUndoneBeforeTheObjectGoes)
{
	std::vector<u8> object(32, 0x00);

	given_back = &object;
	ASSERT_EQ(fgft_undo_call(&undo_, give_back, 0, 0, 0, 0, 0), 0);
	ASSERT_EQ(store(object.data(), object.size(), 0x77), 0);
	rollback();
	EXPECT_EQ(object, std::vector<u8>(32, 0xdd));
}

TEST_F(Undo, RefusedInversesAreLeftOutAndOnlyThey)
{
	Answers answers{ { false } };
	u64 word = 7;

	watched = nullptr;
	ASSERT_EQ(fgft_undo_call(&undo_, take, 0, 1, 0, 0, 0), 0);
	ASSERT_EQ(fgft_undo_store(&undo_, &word, sizeof(word)), 0);
	word = 8;
	ASSERT_EQ(fgft_undo_call(&undo_, take, FGFT_EFFECT_SLEEPS, 2, 0, 0, 0), 0);
	ASSERT_EQ(fgft_undo_call(&undo_, take, 0, 3, 0, 0, 0), 0);
	ASSERT_EQ(fgft_undo_call(&undo_, take, FGFT_EFFECT_FREES, 4, 0, 0, 0), 0);
	fgft_undo_rollback(&undo_, Answers::ask, &answers);

	EXPECT_EQ(answers.asked, 2u);
	EXPECT_EQ(answers.flags, (std::vector<u32>{ FGFT_EFFECT_FREES, FGFT_EFFECT_SLEEPS }));
	EXPECT_EQ(taken, (std::vector<Taken>{ { 3, 0, 0, 0, 0 }, { 1, 0, 0, 0, 0 } }));
	EXPECT_EQ(word, 7u);
}

TEST_F(Undo, InversesWithFlagsAreAskedForOneByOne)
{
	Answers answers{ { true, false, true } };

	for (u64 i = 1; i <= 3; i++)
		ASSERT_EQ(fgft_undo_call(&undo_, take, FGFT_EFFECT_SLEEPS, i, 0, 0, 0), 0);
	fgft_undo_rollback(&undo_, Answers::ask, &answers);
	EXPECT_EQ(answers.asked, 3u);
	EXPECT_EQ(taken, (std::vector<Taken>{ { 3, 0, 0, 0, 0 }, { 1, 0, 0, 0, 0 } }));
}

TEST_F(Undo, RecordsAreCountedOverAllChunks)
{
	std::vector<u32> memory(1000);
	u32 stores = 0, calls = 0;

	for (u32 &word : memory) {
		ASSERT_TRUE(fgft_undo_word(&undo_, &word, 4, 1));
		word = 1;
		ASSERT_EQ(fgft_undo_call(&undo_, take, 0, 0, 0, 0, 0), 0);
	}
	ASSERT_EQ(store(&memory[0], 40, 2), 0);
	ASSERT_EQ(store(&memory[0], 400, 3), 0);
	fgft_undo_count(&undo_, &stores, &calls);
	EXPECT_EQ(stores, 1002u);
	EXPECT_EQ(calls, 1000u);
	rollback();
	EXPECT_EQ(memory, std::vector<u32>(1000));
}

TEST_F(Undo, CountsStayForTheReport)
{
	u8 bytes[3] = {};

	ASSERT_EQ(store(bytes, 1, 1), 0);
	ASSERT_EQ(store(bytes, 3, 2), 0);
	ASSERT_EQ(fgft_undo_call(&undo_, take, 0, 0, 0, 0, 0), 0);
	rollback();
	EXPECT_EQ(undo_.stores, 2u);
	EXPECT_EQ(undo_.calls, 1u);
	fgft_undo_reset(&undo_);
	rollback();
	EXPECT_EQ(undo_.stores, 0u);
	EXPECT_EQ(undo_.calls, 0u);
}

TEST_F(Undo, ARolledBackLogIsEmpty)
{
	u8 byte = 1;

	ASSERT_EQ(store(&byte, 1, 2), 0);
	ASSERT_EQ(fgft_undo_call(&undo_, take, 0, 0, 0, 0, 0), 0);
	rollback();
	byte = 3;
	rollback();
	EXPECT_EQ(byte, 3);
	EXPECT_EQ(taken.size(), 1u);
	ASSERT_EQ(store(&byte, 1, 4), 0);
	rollback();
	EXPECT_EQ(byte, 3);
}

TEST_F(Undo, ResetForgetsAndKeepsOnePage)
{
	std::vector<u8> memory(100000, 1);

	ASSERT_EQ(store(memory.data(), memory.size(), 2), 0);
	ASSERT_EQ(fgft_undo_call(&undo_, take, 0, 0, 0, 0, 0), 0);
	EXPECT_GT(shim::pages_live(), 20u);
	EXPECT_EQ(undo_.chunks, shim::pages_live());
	fgft_undo_reset(&undo_);
	EXPECT_EQ(undo_.chunks, 1u);
	EXPECT_EQ(shim::pages_live(), 1u);
	rollback();
	EXPECT_EQ(memory, std::vector<u8>(100000, 2));
	EXPECT_TRUE(taken.empty());
}

TEST_F(Undo, ResetOfASingleChunkForgetsToo)
{
	u8 byte = 1;

	ASSERT_EQ(store(&byte, 1, 2), 0);
	fgft_undo_reset(&undo_);
	rollback();
	EXPECT_EQ(byte, 2);
}

TEST_F(Undo, ReleaseFreesEveryPage)
{
	std::vector<u8> memory(100000, 1);

	ASSERT_EQ(store(memory.data(), memory.size(), 2), 0);
	fgft_undo_release(&undo_);
	EXPECT_EQ(shim::pages_live(), 0u);
	fgft_undo_release(&undo_);
}

TEST_F(Undo, AShortCallAllocatesNothing)
{
	size_t before = shim::allocations();
	u64 words[64] = {};

	for (u64 &word : words)
		ASSERT_EQ(store(&word, sizeof(word), 1), 0);
	for (int i = 0; i < 16; i++)
		ASSERT_EQ(fgft_undo_call(&undo_, take, 0, 0, 0, 0, 0), 0);
	EXPECT_EQ(shim::allocations(), before);
}

TEST_F(Undo, APageIsUsedToItsEnd)
{
	/* A page less its link, its fill level and the record's footer; old bytes and new. */
	constexpr size_t most = (4096 - 16 - 16) / 2;
	std::vector<u8> memory(most + 1, 1);

	ASSERT_EQ(store(memory.data(), most, 2), 0);
	EXPECT_EQ(undo_.chunks, 1u);
	ASSERT_EQ(store(memory.data(), 1, 3), 0);
	EXPECT_EQ(undo_.chunks, 2u);
	rollback();
	fgft_undo_reset(&undo_);
	ASSERT_EQ(store(memory.data(), most + 1, 2), 0);
	EXPECT_EQ(undo_.chunks, 2u);
	rollback();
	EXPECT_EQ(memory, std::vector<u8>(most + 1, 1));
}

TEST_F(Undo, InitFailsWithoutMemory)
{
	fgft_undo undo = {};

	shim::fail_once_after(0);
	EXPECT_EQ(fgft_undo_init(&undo), -ENOMEM);
	EXPECT_EQ(shim::pages_live(), 1u) << "the fixture's own log";
	/* An error path may release what never came to be. */
	fgft_undo_release(&undo);
}

TEST_F(Undo, AFullLogRefusesAndStillReverts)
{
	constexpr size_t size = 4096, most_pages = 1024;
	std::vector<u8> memory(most_pages * size * 2);
	size_t done = 0;

	std::iota(memory.begin(), memory.end(), u8{ 0 });
	const std::vector<u8> before = memory;
	watched = memory.data();
	ASSERT_EQ(fgft_undo_call(&undo_, take, 0, 42, 0, 0, 0), 0);
	while (done + size <= memory.size() && !store(&memory[done], size, 0x99))
		done += size;

	ASSERT_LT(done, memory.size()) << "the log has no bound";
	EXPECT_EQ(undo_.chunks, most_pages);
	EXPECT_EQ(shim::pages_live(), most_pages);
	/* What is left of the last page may still take the small ones. */
	while (!fgft_undo_call(&undo_, take, 0, 43, 0, 0, 0))
		ASSERT_LT(undo_.calls, 1000u);
	while (!fgft_undo_store(&undo_, &memory[0], 1))
		ASSERT_LT(undo_.stores, 10000u);
	EXPECT_EQ(fgft_undo_call(&undo_, take, 0, 44, 0, 0, 0), -ENOMEM);
	EXPECT_EQ(fgft_undo_store(&undo_, &memory[0], 1), -ENOMEM);
	EXPECT_EQ(undo_.chunks, most_pages);

	rollback();
	EXPECT_TRUE(memory == before);
	ASSERT_FALSE(taken.empty());
	EXPECT_EQ(taken.size(), undo_.calls);
	EXPECT_EQ(taken.back(), (Taken{ 42, 0, 0, 0, before[0] }));
}

TEST_F(Undo, AfterARefusalTheLogIsUsableAgain)
{
	std::vector<u8> memory(3 * 4096, 1);
	size_t refused = 0;

	shim::fail_after(0);
	while (!store(&memory[refused], 8, 2))
		refused += 8;
	EXPECT_GT(refused, 1000u);
	shim::fail_never();
	ASSERT_EQ(store(&memory[refused], 8, 2), 0);
	rollback();
	EXPECT_EQ(memory, std::vector<u8>(3 * 4096, 1));
}

/*
 * The same call again and again, each time out of memory one allocation later,
 * until it runs to its end: whatever was refused, what was logged comes back.
 */
TEST_F(Undo, EveryAllocationMayFail)
{
	const std::vector<u8> before = pattern(1 << 16, 5);
	const size_t sizes[] = { 8, 1, 4096, 2, 4, 20000, 16, 4064, 4065, 300, 5000, 8 };
	size_t failed = 0, allocated = 0;

	for (size_t pass = 0;; pass++) {
		std::vector<u8> memory = before;
		size_t at = 0, calls = 0;
		size_t tried = shim::allocations();
		bool refused = false;

		ASSERT_LT(pass, 100u) << "never ran to its end";
		taken.clear();
		shim::fail_after(pass);
		for (size_t size : sizes) {
			refused = store(&memory[at], size, 0xcc) != 0 ||
				  fgft_undo_call(&undo_, take, 0, calls, 0, 0, 0) != 0;
			if (refused)
				break;
			calls++;
			at += size / 2 + 1;
		}
		allocated = shim::allocations() - tried;
		shim::fail_never();
		rollback();
		ASSERT_TRUE(memory == before) << "pass " << pass;
		ASSERT_EQ(taken.size(), calls) << "pass " << pass;
		for (size_t i = 0; i < calls; i++)
			ASSERT_EQ(taken[i].a, calls - 1 - i);
		fgft_undo_reset(&undo_);
		if (!refused)
			break;
		failed++;
	}
	EXPECT_EQ(failed, allocated) << "each allocation failed once";
	EXPECT_GE(failed, 10u);
}

} // namespace
