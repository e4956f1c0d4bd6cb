// SPDX-License-Identifier: GPL-2.0
/*
 * fgft/domain.c against a model, over seeded random allocations and frees.
 *
 * The model is an ordered map of ranges.  After every operation each address of
 * a small window is looked up in both, and the counts of each module compared.
 * The three runs differ in what they demand: places that never overlap but are
 * used again; any overlap at all; and any overlap while allocations fail.
 */
#include <algorithm>
#include <iterator>
#include <map>
#include <random>

#include "domain_fixture.h"

namespace {

constexpr unsigned long window = 512;

struct Owned {
	unsigned long end;
	fgft_module *mod;
	fgft_range_kind kind;
};

/* By start; never overlapping. */
using Model = std::map<unsigned long, Owned>;

class DomainRandom : public Domain {
protected:
	enum class Places { slots, anywhere };

	void run(Places places, size_t operations)
	{
		for (size_t i = 0; i < operations; i++) {
			SCOPED_TRACE(testing::Message() << "operation " << i);
			ASSERT_NO_FATAL_FAILURE(step(places));
			ASSERT_NO_FATAL_FAILURE(compare());
			if (random_() % 8 == 0)
				shim::grace_period();
		}
		shim::grace_period();
		/* Starved, dead ranges wait in the tree for memory to go. */
		if (!starved_) {
			EXPECT_EQ(shim::objects_live(), model_.size()) << "ranges leak";
		}
	}

	std::mt19937_64 random_{ 1 };
	bool starved_ = false;	/* allocations fail */
	size_t refused_ = 0;

private:
	fgft_module &pick_module() { return modules_[random_() % std::size(modules_)]; }

	void step(Places places)
	{
		u64 what = random_() % 100;

		if (what < 60)
			add_somewhere(places);
		else if (what < 90)
			remove_known();
		else if (what < 98)
			remove_anything();
		else
			remove_module();
	}

	void add_somewhere(Places places)
	{
		unsigned long start, size;

		if (places == Places::slots) {
			/* A slot is free or its whole range is replaced. */
			start = base + random_() % 16 * 32;
			size = 1 + random_() % 32;
		} else {
			start = base + random_() % window;
			size = 1 + random_() % (random_() % 4 ? 24 : 200);
			size = std::min(size, base + window - start);
		}
		auto kind = static_cast<fgft_range_kind>(random_() % FGFT_RANGE_KINDS);
		fgft_module &mod = pick_module();
		fgft_range *range = fgft_domain_add(&mod, at(start), size, kind);

		forget(start, start + size);
		if (!range) {
			ASSERT_TRUE(starved_) << "refused without need";
			refused_++;
			return;
		}
		ASSERT_EQ(range->start, start);
		ASSERT_EQ(range->end, start + size);
		model_[start] = { start + size, &mod, kind };
	}

	/* The model's side of an add: overlapping ranges were freed unseen. */
	void forget(unsigned long start, unsigned long end)
	{
		for (auto range = model_.begin(); range != model_.end();) {
			if (range->first < end && range->second.end > start)
				range = model_.erase(range);
			else
				++range;
		}
	}

	void remove_known()
	{
		if (model_.empty())
			return;
		auto range = std::next(model_.begin(),
				       static_cast<long>(random_() % model_.size()));

		fgft_domain_remove(at(range->first));
		model_.erase(range);
	}

	/* Often inside a range or between two: then nothing may happen. */
	void remove_anything()
	{
		unsigned long start = base + random_() % window;

		fgft_domain_remove(at(start));
		model_.erase(start);
	}

	void remove_module()
	{
		fgft_module &mod = pick_module();

		fgft_domain_remove_module(&mod);
		for (auto range = model_.begin(); range != model_.end();)
			range = range->second.mod == &mod ? model_.erase(range) : std::next(range);
	}

	void compare()
	{
		auto range = model_.begin();

		ASSERT_EQ(shim::stale_entries(), 0u) << "the tree leads to freed memory";
		ASSERT_EQ(shim::locks_held(), 0u);
		for (unsigned long i = base - 1; i <= base + window; i++) {
			fgft_module *expected = nullptr;

			while (range != model_.end() && range->second.end <= i)
				++range;
			if (range != model_.end() && range->first <= i)
				expected = range->second.mod;
			ASSERT_EQ(owner(i), expected) << "byte " << i - base;
		}
		for (fgft_module &mod : modules_)
			compare_counts(mod);
	}

	void compare_counts(fgft_module &mod)
	{
		u32 count[FGFT_RANGE_KINDS], expected_count[FGFT_RANGE_KINDS] = {};
		u64 bytes[FGFT_RANGE_KINDS], expected_bytes[FGFT_RANGE_KINDS] = {};

		for (const auto &[start, owned] : model_) {
			if (owned.mod != &mod)
				continue;
			expected_count[owned.kind]++;
			expected_bytes[owned.kind] += owned.end - start;
		}
		fgft_domain_count(&mod, count, bytes);
		for (int kind = 0; kind < FGFT_RANGE_KINDS; kind++) {
			ASSERT_EQ(count[kind], expected_count[kind]) << "kind " << kind;
			ASSERT_EQ(bytes[kind], expected_bytes[kind]) << "kind " << kind;
		}
	}

	Model model_;
	fgft_module modules_[3] = {};
};

TEST_F(DomainRandom, PlacesUsedAgain)
{
	random_.seed(1);
	run(Places::slots, 8000);
}

TEST_F(DomainRandom, AnyOverlap)
{
	random_.seed(2);
	run(Places::anywhere, 8000);
}

TEST_F(DomainRandom, AnyOverlapWhateverFails)
{
	starved_ = true;
	for (u64 seed = 100; seed < 200; seed++) {
		SCOPED_TRACE(testing::Message() << "seed " << seed);
		random_.seed(seed);
		shim::fail_randomly(seed, 2 + static_cast<unsigned int>(seed % 10));
		ASSERT_NO_FATAL_FAILURE(run(Places::anywhere, 150));
	}
	EXPECT_GT(refused_, 200u);
}

} // namespace
