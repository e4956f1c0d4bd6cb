// SPDX-License-Identifier: GPL-2.0
/* What people and programs get to read. */
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "builder.h"
#include "print.h"

using fgft::parse_dump;

TEST(PrintTest, Text)
{
	const auto parsed = parse_dump(whole_dump());

	ASSERT_TRUE(parsed.dump);
	EXPECT_EQ(fgft::to_text(*parsed.dump),
		  "wild store in e1000_set_coalesce [e1000]\n"
		  "  reached by    ethtool_ops.set_coalesce\n"
		  "  device        0000:00:04.0\n"
		  "  at            inner+0x10/0x20 [e1000]\n"
		  "  address       0xdead\n"
		  "  task          ethtool, pid 123, CPU 1, task context\n"
		  "  kernel        6.1.0\n"
		  "  arguments     0x42 0x0 0x0 0x0 0x0 0x0\n"
		  "  caller got    -5\n"
		  "  detected      12.345678 s after boot\n"
		  "  put right by  registers; caller went on after 4 us\n"
		  "\n"
		  "Call path, innermost first\n"
		  "  0000000000001000  inner+0x10/0x20 [e1000]\n"
		  "  0000000000002000  outer+0x1/0x2 [e1000]\n"
		  "\n"
		  "Undo log: 3 of 3 records, newest first\n"
		  "  store 0000000000005000  4 bytes, were 01 02 03 04\n"
		  "  call  undo_it+0x0/0x9 [fgft] (0x7, 0x8, 0x9, 0xa)\n"
		  "  store 0000000000007000  100 bytes, were 00 00 00 00 00 00 00 00 00 00 00 00 "
		  "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ff ...\n"
		  "  in all 2 stores and 1 effects of kernel functions taken back\n"
		  "\n"
		  "Memory stored to\n"
		  "  slab         0000000000005000  64 bytes: 1 stores\n"
		  "  other        1 stores\n"
		  "\n"
		  "Device writes: 2 of 2, oldest first\n"
		  "  BAR 0 + 0xc4  4 bytes: 0x64, was 0x32 (plain)\n"
		  "  port 0xcf8  1 bytes: 0x1 (undescribed)\n");
}

TEST(PrintTest, Json)
{
	const auto parsed = parse_dump(whole_dump());

	ASSERT_TRUE(parsed.dump);

	const auto json = nlohmann::json::parse(fgft::to_json(*parsed.dump));

	EXPECT_EQ(json["version"], 1);
	EXPECT_TRUE(json["damage"].empty());
	EXPECT_EQ(json["fault"]["cause"], "wild store");
	EXPECT_EQ(json["fault"]["result"], -5);
	EXPECT_EQ(json["fault"]["arguments"][0], "0x42");
	EXPECT_EQ(json["frames"][1]["symbol"], "outer+0x1/0x2 [e1000]");
	EXPECT_EQ(json["undo"][0]["old"], "01 02 03 04");
	EXPECT_EQ(json["undo"][1]["arguments"][3], "0xa");
	EXPECT_EQ(json["ranges"][0]["size"], 64);
	EXPECT_EQ(json["writes"][0]["old"], "0x32");
	EXPECT_FALSE(json["writes"][1].contains("old"));
	EXPECT_EQ(json["writes"][1]["port"], 0xcf8);
}

/* Bytes that are no text stay visible and harmless. */
TEST(PrintTest, StringsAreMadePrintable)
{
	Builder b;
	fgft_dump_fault fault = {};

	fault.driver = b.string("a\x1b[31m\xff\n");
	fault.entry = 0xffffff;
	b.section<fgft_dump_fault>(FGFT_DUMP_FAULT, {fault});

	const auto parsed = parse_dump(b.finish());

	ASSERT_TRUE(parsed.dump);
	EXPECT_EQ(parsed.dump->fault->driver, "a\\x1b[31m\\xff\\x0a");
	EXPECT_EQ(parsed.dump->fault->entry, "?");
	EXPECT_NO_FATAL_FAILURE(nlohmann::json::parse(fgft::to_json(*parsed.dump)));
}
