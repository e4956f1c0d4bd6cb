// SPDX-License-Identifier: GPL-2.0
/*
 * fgft/undo.c against a model, over seeded random calls.
 *
 * A call is a row of stores into one arena and of effects.  The model is the
 * plainest thing that can be right: a copy of the arena at the begin, and with
 * each effect a hash of the whole arena as it was then.  A rollback has to meet
 * the effects newest first, each over the arena of its time, and to end with the
 * copy.  The second half does the same while allocations fail at random.
 */
#include <cstring>
#include <functional>
#include <random>
#include <string_view>
#include <vector>

extern "C" {
#include "fgft.h"
}

#include "fixture.h"

namespace {

constexpr size_t arena_size = 16384;

/* Effects are plain functions, so what they check is found here. */
struct Call {
	std::vector<u8> arena = std::vector<u8>(arena_size);
	struct Effect {
		u64 id;
		bool sleeps;
		size_t hash;
	};
	std::vector<Effect> effects;	/* as logged, not yet met by the rollback */
	std::mt19937_64 *sleepers = nullptr;
	bool allowed = false;		/* what the sleeper said last */
	size_t asked = 0;
	size_t wrong = 0;

	size_t hash() const
	{
		return std::hash<std::string_view>()(
			{ reinterpret_cast<const char *>(arena.data()), arena.size() });
	}
};

Call *running;

void take_back(u64 id, u64 twice, u64 inverted, u64 zero)
{
	if (running->effects.empty()) {
		running->wrong++;
		return;
	}
	const Call::Effect expected = running->effects.back();

	running->effects.pop_back();
	running->wrong += id != expected.id || twice != 2 * id || inverted != ~id || zero ||
			  expected.hash != running->hash() ||
			  (expected.sleeps && !running->allowed);
	running->allowed = false;
}

bool may_sleep(const struct fgft_undo_effect *, void *data)
{
	auto *call = static_cast<Call *>(data);

	call->asked++;
	if (call->effects.empty() || !call->effects.back().sleeps) {
		call->wrong++;
		return false;
	}
	call->allowed = (*call->sleepers)() % 2;
	/* Refused: never to be met. */
	if (!call->allowed)
		call->effects.pop_back();
	return call->allowed;
}

class UndoRandom : public Accounted {
protected:
	void SetUp() override
	{
		Accounted::SetUp();
		ASSERT_EQ(fgft_undo_init(&undo_), 0);
		for (u8 &byte : call_.arena)
			byte = static_cast<u8>(random_());
		call_.sleepers = &random_;
		running = &call_;
	}

	void TearDown() override
	{
		shim::fail_never();
		fgft_undo_release(&undo_);
		running = nullptr;
		Accounted::TearDown();
	}

	/* Mostly words, as compilers make them; now and then a copy. */
	size_t pick_size()
	{
		u64 kind = random_() % 16;

		if (kind < 12)
			return size_t{ 1 } << random_() % 4;
		return kind < 15 ? 1 + random_() % 256 : 1 + random_() % 5000;
	}

	int store()
	{
		size_t size = pick_size();
		size_t at = random_() % (arena_size - size + 1);
		int err = fgft_undo_store(&undo_, &call_.arena[at], size);

		if (err)
			return err;
		for (size_t i = 0; i < size; i++)
			call_.arena[at + i] = static_cast<u8>(random_());
		return 0;
	}

	int effect()
	{
		bool sleeps = random_() % 4 == 0;
		u64 id = next_id_++;
		int err = fgft_undo_call(&undo_, take_back, sleeps ? FGFT_EFFECT_SLEEPS : 0, id,
					 2 * id, ~id, 0);

		if (!err)
			call_.effects.push_back({ id, sleeps, call_.hash() });
		return err;
	}

	/* Up to @most records; ends early where the log refuses one. */
	void run(size_t most)
	{
		for (size_t i = 0; i < most; i++) {
			if (random_() % 5 ? store() : effect())
				return;
			records_++;
		}
	}

	void check_abort(const std::vector<u8> &before)
	{
		fgft_undo_rollback(&undo_, may_sleep, &call_);
		ASSERT_EQ(call_.wrong, 0u) << "order, arguments or memory of an effect";
		ASSERT_TRUE(call_.effects.empty()) << "effects not taken back";
		ASSERT_TRUE(call_.arena == before);
		ASSERT_EQ(shim::pages_live(), 1u);
	}

	void one_call(size_t most)
	{
		const std::vector<u8> before = call_.arena;

		run(most);
		if (random_() % 4) {
			ASSERT_NO_FATAL_FAILURE(check_abort(before));
		} else {
			/* Commit: what was written stays, nothing is owed. */
			call_.effects.clear();
		}
		fgft_undo_reset(&undo_);
		ASSERT_EQ(shim::pages_live(), 1u);
		ASSERT_EQ(undo_.chunks, 1u);
	}

	void seed(u64 value) { random_.seed(value); }

	u64 draw() { return random_(); }

	fgft_undo undo_ = {};
	Call call_;
	size_t records_ = 0;

private:
	std::mt19937_64 random_{ 1 };
	u64 next_id_ = 1;
};

TEST_F(UndoRandom, RollbackIsTheSnapshot)
{
	for (u64 round = 1; round <= 400; round++) {
		SCOPED_TRACE(testing::Message() << "seed " << round);
		seed(round);
		ASSERT_NO_FATAL_FAILURE(one_call(1 + draw() % 300));
	}
	EXPECT_GT(records_, 5000u);
	EXPECT_GT(call_.asked, 200u);
}

TEST_F(UndoRandom, RollbackIsTheSnapshotWhateverFails)
{
	size_t tried = shim::allocations();

	for (u64 round = 1000; round < 2000; round++) {
		SCOPED_TRACE(testing::Message() << "seed " << round);
		seed(round);
		shim::fail_randomly(round, 2 + static_cast<unsigned int>(draw() % 20));
		ASSERT_NO_FATAL_FAILURE(one_call(1 + draw() % 300));
	}
	EXPECT_GT(records_, 5000u);
	EXPECT_GT(shim::allocations() - tried, 1000u);
}

} // namespace
