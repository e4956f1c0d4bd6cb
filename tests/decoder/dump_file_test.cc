// SPDX-License-Identifier: GPL-2.0
/* Reading what may be damaged: no crash, no wrong memory, and it is said. */
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "builder.h"
#include "print.h"

using fgft::parse_dump;

namespace {

/* Everything a damaged dump can be asked for. */
void use(const std::string &bytes)
{
	const auto parsed = parse_dump(bytes);

	EXPECT_NE(parsed.dump.has_value(), !parsed.error.empty());
	if (!parsed.dump)
		return;
	EXPECT_FALSE(fgft::to_text(*parsed.dump).empty());
	EXPECT_FALSE(fgft::to_json(*parsed.dump).empty());
}

} // namespace

TEST(DumpFileTest, Whole)
{
	const auto parsed = parse_dump(whole_dump());

	ASSERT_TRUE(parsed.dump);
	EXPECT_TRUE(parsed.dump->damage.empty());
	EXPECT_EQ(parsed.dump->frames.size(), 2U);
	EXPECT_EQ(parsed.dump->undo_total, 3U);
	EXPECT_EQ(parsed.dump->writes[0].width, 4U);
	EXPECT_EQ(parsed.dump->writes[0].flags, 3U);
}

TEST(DumpFileTest, NoDump)
{
	EXPECT_FALSE(parse_dump("").dump);
	EXPECT_FALSE(parse_dump("short").dump);
	EXPECT_FALSE(parse_dump(std::string(100, 'x')).dump);
}

TEST(DumpFileTest, OtherVersion)
{
	std::string bytes = whole_dump();

	bytes[8] = 2;

	const auto parsed = parse_dump(bytes);

	EXPECT_FALSE(parsed.dump);
	EXPECT_NE(parsed.error.find("version 2"), std::string::npos);
}

/* At every length; from the header on it is a dump, and known to be damaged. */
TEST(DumpFileTest, Truncated)
{
	const std::string bytes = whole_dump();

	for (size_t size = 0; size < bytes.size(); size++) {
		const std::string part = bytes.substr(0, size);
		const auto parsed = parse_dump(part);

		EXPECT_EQ(parsed.dump.has_value(), size >= sizeof(fgft_dump_header)) << size;
		if (parsed.dump) {
			EXPECT_FALSE(parsed.dump->damage.empty()) << size;
		}
		use(part);
	}
}

/* A newer kernel side: longer records and a section nobody knows. */
TEST(DumpFileTest, Newer)
{
	struct {
		fgft_dump_frame frame;
		uint64_t more;
	} longer = {};
	Builder b;
	fgft_dump_fault fault = {};

	fault.entry = b.string("entry");
	longer.frame.address = 0x1234;
	longer.frame.symbol = b.string("somewhere");
	longer.more = ~0ULL;
	b.section<fgft_dump_fault>(FGFT_DUMP_FAULT, {fault});
	b.raw_section(FGFT_DUMP_FRAMES, sizeof(longer), 1, 1,
		      std::string(reinterpret_cast<const char *>(&longer), sizeof(longer)));
	b.raw_section(77, 3, 5, 5, "fifteen bytes..");

	const auto parsed = parse_dump(b.finish());

	ASSERT_TRUE(parsed.dump);
	EXPECT_TRUE(parsed.dump->damage.empty());
	ASSERT_EQ(parsed.dump->frames.size(), 1U);
	EXPECT_EQ(parsed.dump->frames[0].symbol, "somewhere");
}

/* An older one: what a record does not reach is zero. */
TEST(DumpFileTest, Older)
{
	Builder b;
	fgft_dump_fault fault = {};

	fault.entry = b.string("entry");
	fault.undone_stores = 9;
	b.raw_section(FGFT_DUMP_FAULT, 8, 1, 1,
		      std::string(reinterpret_cast<const char *>(&fault), 8));

	const auto parsed = parse_dump(b.finish());

	ASSERT_TRUE(parsed.dump);
	EXPECT_EQ(parsed.dump->fault->entry, "entry");
	EXPECT_EQ(parsed.dump->fault->undone_stores, 0U);
}

TEST(DumpFileTest, SectionThatDoesNotFit)
{
	for (const auto &[size, records] : {std::pair<uint32_t, uint32_t>{0, 0xffffffff},
					    {0xffffffff, 0xffffffff},
					    {8, 0x20000000},
					    {0xffffffff, 1}}) {
		Builder b;

		b.raw_section(FGFT_DUMP_FRAMES, size, records, 0, "");

		const auto parsed = parse_dump(b.finish());

		ASSERT_TRUE(parsed.dump);
		ASSERT_FALSE(parsed.dump->damage.empty());
		EXPECT_EQ(parsed.dump->damage[0], "section 1 does not fit");
	}
}

/* Bytes anywhere replaced by others; the sanitizers watch. */
TEST(DumpFileTest, Corrupt)
{
	const std::string whole = whole_dump();
	std::mt19937_64 random(20260101);

	for (int round = 0; round < 20000; round++) {
		std::string bytes = whole;

		for (int n = static_cast<int>(random() % 8); n >= 0; n--)
			bytes[random() % bytes.size()] = static_cast<char>(random());
		if (random() % 4 == 0)
			bytes.resize(random() % bytes.size());
		/* Not all of them die at the door. */
		if (bytes.size() >= 12 && random() % 2)
			bytes.replace(0, 12, whole, 0, 12);
		use(bytes);
	}
}
