// SPDX-License-Identifier: GPL-2.0
/* fgft/domain.c: who owns an address, and that stale owners are forgotten. */
#include <algorithm>
#include <climits>
#include <ostream>
#include <vector>

#include "domain_fixture.h"

namespace {

using DomainTest = Domain;

TEST_F(DomainTest, EmptyKnowsNothing)
{
	EXPECT_EQ(owner(0), nullptr);
	EXPECT_EQ(owner(base), nullptr);
	EXPECT_EQ(owner(ULONG_MAX), nullptr);
	fgft_domain_remove(at(base));
	fgft_domain_remove(nullptr);
	fgft_domain_remove_module(&one);
	fgft_domain_remove_module(nullptr);
}

TEST_F(DomainTest, FirstAndLastByteAreIn)
{
	fgft_range *range = fgft_domain_add(&one, at(base), 100, FGFT_RANGE_DMA);

	ASSERT_NE(range, nullptr);
	EXPECT_EQ(range->start, base);
	EXPECT_EQ(range->end, base + 100);
	EXPECT_EQ(range->kind, FGFT_RANGE_DMA);
	EXPECT_EQ(range->mod, &one);
	EXPECT_EQ(range->dev, nullptr);
	EXPECT_EQ(fgft_domain_find(at(base - 1)), nullptr);
	EXPECT_EQ(fgft_domain_find(at(base)), range);
	EXPECT_EQ(fgft_domain_find(at(base + 99)), range);
	EXPECT_EQ(fgft_domain_find(at(base + 100)), nullptr);
}

TEST_F(DomainTest, ASingleByteIsARange)
{
	ASSERT_NE(add(one, base, 1), nullptr);
	EXPECT_EQ(owner(base - 1), nullptr);
	EXPECT_EQ(owner(base), &one);
	EXPECT_EQ(owner(base + 1), nullptr);
}

TEST_F(DomainTest, TheTopOfTheAddressSpaceIsARange)
{
	ASSERT_NE(add(one, ULONG_MAX - 15, 15), nullptr);
	EXPECT_EQ(owner(ULONG_MAX - 16), nullptr);
	EXPECT_EQ(owner(ULONG_MAX - 1), &one);
	EXPECT_EQ(owner(ULONG_MAX), nullptr);
	EXPECT_EQ(counted(one), 1u);
}

TEST_F(DomainTest, NothingIsNoRange)
{
	EXPECT_EQ(add(one, base, 0), nullptr);
	EXPECT_EQ(add(one, 0, 8), nullptr);
	EXPECT_EQ(fgft_domain_add(nullptr, at(base), 8, FGFT_RANGE_SLAB), nullptr);
	EXPECT_EQ(shim::objects_live(), 0u);
}

TEST_F(DomainTest, NeighboursKeepToThemselves)
{
	fgft_range *left = add(one, base, 64);
	fgft_range *right = add(two, base + 64, 64);

	EXPECT_EQ(fgft_domain_find(at(base + 63)), left);
	EXPECT_EQ(fgft_domain_find(at(base + 64)), right);
	fgft_domain_remove(at(base));
	EXPECT_EQ(owner(base + 63), nullptr);
	EXPECT_EQ(owner(base + 64), &two);
	EXPECT_EQ(counted(two), 1u);
}

TEST_F(DomainTest, RemoveTakesTheStartOnly)
{
	ASSERT_NE(add(one, base, 64), nullptr);
	fgft_domain_remove(at(base + 1));
	fgft_domain_remove(at(base + 63));
	fgft_domain_remove(at(base - 1));
	EXPECT_EQ(counted(one), 1u);
	fgft_domain_remove(at(base));
	EXPECT_EQ(counted(one), 0u);
	EXPECT_EQ(owner(base), nullptr);
	EXPECT_EQ(owner(base + 63), nullptr);
	fgft_domain_remove(at(base));
}

TEST_F(DomainTest, ARemovedRangeLivesThroughTheGracePeriod)
{
	fgft_range *range;

	rcu_read_lock();
	range = add(one, base, 64);
	ASSERT_NE(range, nullptr);
	fgft_domain_remove(at(base));
	/* A reader that found it before still holds it: freed memory is trapped. */
	EXPECT_EQ(range->end, base + 64);
	EXPECT_EQ(shim::objects_live(), 1u);
	rcu_read_unlock();
	shim::grace_period();
	EXPECT_EQ(shim::objects_live(), 0u);
}

TEST_F(DomainTest, CountsAreByModuleAndKind)
{
	u32 count[FGFT_RANGE_KINDS];
	u64 bytes[FGFT_RANGE_KINDS];

	ASSERT_NE(fgft_domain_add(&one, at(base), 10, FGFT_RANGE_SLAB), nullptr);
	ASSERT_NE(fgft_domain_add(&one, at(base + 10), 20, FGFT_RANGE_SLAB), nullptr);
	ASSERT_NE(fgft_domain_add(&two, at(base + 100), 40, FGFT_RANGE_SLAB), nullptr);
	ASSERT_NE(fgft_domain_add(&one, at(base + 200), 80, FGFT_RANGE_MMIO), nullptr);
	std::fill_n(count, FGFT_RANGE_KINDS, 99u);
	std::fill_n(bytes, FGFT_RANGE_KINDS, 99u);
	fgft_domain_count(&one, count, bytes);
	for (int kind = 0; kind < FGFT_RANGE_KINDS; kind++) {
		u32 ranges = kind == FGFT_RANGE_SLAB ? 2 : kind == FGFT_RANGE_MMIO ? 1 : 0;
		u64 size = kind == FGFT_RANGE_SLAB ? 30 : kind == FGFT_RANGE_MMIO ? 80 : 0;

		EXPECT_EQ(count[kind], ranges) << kind;
		EXPECT_EQ(bytes[kind], size) << kind;
	}
	EXPECT_EQ(counted(two), 1u);
}

TEST_F(DomainTest, RemoveModuleLeavesTheOthers)
{
	for (unsigned long i = 0; i < 50; i++) {
		ASSERT_NE(add(one, base + i * 100, 50), nullptr);
		ASSERT_NE(add(two, base + i * 100 + 50, 50), nullptr);
	}
	fgft_domain_remove_module(&one);
	EXPECT_EQ(counted(one), 0u);
	EXPECT_EQ(counted(two), 50u);
	EXPECT_EQ(owner(base), nullptr);
	EXPECT_EQ(owner(base + 50), &two);
	shim::grace_period();
	EXPECT_EQ(shim::objects_live(), 50u);
	fgft_domain_remove_module(nullptr);
	EXPECT_EQ(counted(two), 0u);
}

struct Visits {
	std::vector<unsigned long> starts;
	size_t stop_after;

	static bool visit(fgft_range *range, void *data)
	{
		auto *self = static_cast<Visits *>(data);

		EXPECT_TRUE(shim::in_rcu_reader());
		self->starts.push_back(range->start);
		return self->starts.size() == self->stop_after;
	}
};

TEST_F(DomainTest, EachVisitsOwnRangesInOrderUntilTold)
{
	Visits all{ {}, 0 }, some{ {}, 2 };

	for (unsigned long i = 0; i < 4; i++) {
		ASSERT_NE(add(one, base + i * 100, 50), nullptr);
		ASSERT_NE(add(two, base + i * 100 + 50, 50), nullptr);
	}
	fgft_domain_each(&one, Visits::visit, &all);
	EXPECT_EQ(all.starts, (std::vector<unsigned long>{ base, base + 100, base + 200,
							   base + 300 }));
	fgft_domain_each(&two, Visits::visit, &some);
	EXPECT_EQ(some.starts, (std::vector<unsigned long>{ base + 50, base + 150 }));
	EXPECT_FALSE(shim::in_rcu_reader());
}

/*
 * Memory that is given out again was freed before, behind our back: no byte of
 * the older range is the driver's any more, inside of the new one or outside.
 */
struct Overlap {
	const char *name;
	unsigned long old_start, old_end;	/* from base */
};

void PrintTo(const Overlap &overlap, std::ostream *out)
{
	*out << "[" << overlap.old_start << ", " << overlap.old_end << ")";
}

class DomainOverlap : public Domain, public ::testing::WithParamInterface<Overlap> {
protected:
	/* What comes over the old range. */
	static constexpr unsigned long start = 100, end = 200;
};

TEST_P(DomainOverlap, TheOldRangeIsForgotten)
{
	const Overlap &old = GetParam();

	ASSERT_NE(add(one, base + old.old_start, old.old_end - old.old_start), nullptr);
	ASSERT_NE(add(two, base + start, end - start), nullptr);
	for (unsigned long i = 0; i < 300; i++)
		ASSERT_EQ(owner(base + i), i >= start && i < end ? &two : nullptr) << i;
	EXPECT_EQ(counted(one), 0u);
	EXPECT_EQ(counted(two), 1u);
	EXPECT_EQ(shim::stale_entries(), 0u);
	shim::grace_period();
	EXPECT_EQ(shim::objects_live(), 1u) << "the old range leaks";
}

TEST_P(DomainOverlap, ForgettingTheOldModuleLeavesTheNewRange)
{
	const Overlap &old = GetParam();

	ASSERT_NE(add(one, base + old.old_start, old.old_end - old.old_start), nullptr);
	ASSERT_NE(add(two, base + start, end - start), nullptr);
	fgft_domain_remove_module(&one);
	for (unsigned long i = 0; i < 300; i++)
		ASSERT_EQ(owner(base + i), i >= start && i < end ? &two : nullptr) << i;
}

TEST_P(DomainOverlap, FreeingTheNewRangeLeavesNothing)
{
	const Overlap &old = GetParam();

	ASSERT_NE(add(one, base + old.old_start, old.old_end - old.old_start), nullptr);
	ASSERT_NE(add(two, base + start, end - start), nullptr);
	fgft_domain_remove(at(base + start));
	for (unsigned long i = 0; i < 300; i++)
		ASSERT_EQ(owner(base + i), nullptr) << i;
	shim::grace_period();
	EXPECT_EQ(shim::objects_live(), 0u);
}

/* Whatever allocation fails, no driver may write what is not known as its. */
TEST_P(DomainOverlap, WithoutMemoryNobodyOwnsTheNewRange)
{
	const Overlap &old = GetParam();
	size_t failed = 0;

	for (size_t pass = 0;; pass++) {
		fgft_range *range;

		ASSERT_LT(pass, 20u) << "never ran to its end";
		ASSERT_NE(add(one, base + old.old_start, old.old_end - old.old_start), nullptr);
		shim::fail_once_after(pass);
		range = add(two, base + start, end - start);
		shim::fail_never();
		ASSERT_EQ(shim::stale_entries(), 0u) << "pass " << pass;
		shim::grace_period();
		if (range) {
			EXPECT_EQ(owner(base + start), &two);
			EXPECT_EQ(owner(base + end - 1), &two);
			break;
		}
		failed++;
		for (unsigned long i = start; i < end; i++)
			ASSERT_EQ(owner(base + i), nullptr) << "pass " << pass << " byte " << i;
		fgft_domain_remove_module(nullptr);
		shim::grace_period();
		ASSERT_EQ(shim::objects_live(), 0u);
	}
	EXPECT_GE(failed, 2u);
}

INSTANTIATE_TEST_SUITE_P(
	Every, DomainOverlap,
	::testing::Values(Overlap{ "Same", 100, 200 }, Overlap{ "SameStartShorter", 100, 150 },
			  Overlap{ "SameStartLonger", 100, 250 }, Overlap{ "Around", 50, 250 },
			  Overlap{ "AroundToTheSameEnd", 50, 200 },
			  Overlap{ "IntoTheStart", 50, 150 }, Overlap{ "LastByte", 199, 250 },
			  Overlap{ "OntoTheFirstByte", 50, 101 }, Overlap{ "OutOfTheEnd", 150, 250 },
			  Overlap{ "Inside", 120, 180 }, Overlap{ "InsideToTheSameEnd", 120, 200 }),
	[](const auto &overlap) { return overlap.param.name; });

TEST_F(DomainTest, SeveralOldRangesAreForgottenAtOnce)
{
	for (unsigned long i = 0; i < 10; i++)
		ASSERT_NE(add(one, base + i * 20, 20), nullptr);
	ASSERT_NE(add(two, base + 30, 100), nullptr);
	/* 0-19 and 140-199 stand; 20-39 and 120-139 are cut, so they are gone. */
	for (unsigned long i = 0; i < 220; i++) {
		fgft_module *expected = i < 20 || (i >= 140 && i < 200) ? &one :
					i >= 30 && i < 130		? &two :
									  nullptr;

		ASSERT_EQ(owner(base + i), expected) << i;
	}
	EXPECT_EQ(counted(one), 4u);
	shim::grace_period();
	EXPECT_EQ(shim::objects_live(), 5u);
}

TEST_F(DomainTest, AddFailsWholeOrNotAtAll)
{
	size_t failed = 0;

	for (size_t pass = 0;; pass++) {
		fgft_range *range;

		ASSERT_LT(pass, 10u);
		shim::fail_once_after(pass);
		range = add(one, base, 64);
		shim::fail_never();
		if (range)
			break;
		failed++;
		EXPECT_EQ(owner(base), nullptr);
		EXPECT_EQ(counted(one), 0u);
		shim::grace_period();
		EXPECT_EQ(shim::objects_live(), 0u);
	}
	/* The record and the tree's node. */
	EXPECT_EQ(failed, 2u);
	EXPECT_EQ(owner(base + 63), &one);
}

TEST_F(DomainTest, RemoveWithoutMemoryDisownsAllTheSame)
{
	ASSERT_NE(add(one, base, 64), nullptr);
	shim::fail_after(0);
	fgft_domain_remove(at(base));
	EXPECT_EQ(owner(base), nullptr);
	EXPECT_EQ(owner(base + 63), nullptr);
	EXPECT_EQ(counted(one), 0u);
	shim::fail_never();
	EXPECT_EQ(shim::stale_entries(), 0u);

	/* The place can be owned again, by anybody. */
	ASSERT_NE(add(two, base, 32), nullptr);
	EXPECT_EQ(owner(base + 31), &two);
	EXPECT_EQ(owner(base + 32), nullptr);
	EXPECT_EQ(shim::stale_entries(), 0u);
	shim::grace_period();
	EXPECT_EQ(shim::objects_live(), 1u);
}

TEST_F(DomainTest, RemoveModuleWithoutMemoryDisownsAllTheSame)
{
	for (unsigned long i = 0; i < 10; i++) {
		ASSERT_NE(add(one, base + i * 100, 50), nullptr);
		ASSERT_NE(add(two, base + i * 100 + 50, 50), nullptr);
	}
	shim::fail_once_after(3);
	fgft_domain_remove_module(&one);
	shim::fail_never();
	EXPECT_EQ(counted(one), 0u);
	EXPECT_EQ(counted(two), 10u);
	for (unsigned long i = 0; i < 1000; i++)
		ASSERT_EQ(owner(base + i), i % 100 < 50 ? nullptr : &two) << i;
	EXPECT_EQ(shim::stale_entries(), 0u);
}

TEST_F(DomainTest, ExitFreesEverything)
{
	for (unsigned long i = 0; i < 10; i++)
		ASSERT_NE(add(i % 2 ? one : two, base + i * 100, 50), nullptr);
	exit();
	EXPECT_EQ(shim::objects_live(), 0u);
	EXPECT_EQ(shim::trees_live(), 0u);
}

TEST_F(DomainTest, ExitFreesEverythingWithoutMemory)
{
	for (unsigned long i = 0; i < 10; i++)
		ASSERT_NE(add(i % 2 ? one : two, base + i * 100, 50), nullptr);
	shim::fail_after(0);
	exit();
	EXPECT_EQ(shim::objects_live(), 0u);
	EXPECT_EQ(shim::trees_live(), 0u);
}

TEST_F(DomainTest, CanBeSetUpAgain)
{
	ASSERT_NE(add(one, base, 64), nullptr);
	exit();
	init();
	EXPECT_EQ(owner(base), nullptr);
	ASSERT_NE(add(two, base, 64), nullptr);
	EXPECT_EQ(owner(base), &two);
}

} // namespace
