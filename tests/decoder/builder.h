/* SPDX-License-Identifier: GPL-2.0 */
/* Dumps put together by hand, whole or with something wrong. */
#ifndef TESTS_DECODER_BUILDER_H
#define TESTS_DECODER_BUILDER_H

#include <cstdint>
#include <string>
#include <vector>

#include <linux/fgft_dump.h>

class Builder {
      public:
	Builder() { string(""); }

	uint32_t string(const std::string &text)
	{
		const auto at = static_cast<uint32_t>(strings_.size());

		strings_.append(text.c_str(), text.size() + 1);
		return at;
	}

	template <typename T> void section(uint32_t kind, const std::vector<T> &records,
					   uint32_t total = 0)
	{
		std::string bytes;

		for (const T &record : records)
			bytes.append(reinterpret_cast<const char *>(&record), sizeof(record));
		raw_section(kind, sizeof(T), static_cast<uint32_t>(records.size()), total, bytes);
	}

	void raw_section(uint32_t kind, uint32_t record_size, uint32_t records, uint32_t total,
			 std::string bytes)
	{
		const fgft_dump_section head = {kind, record_size, records,
						total ? total : records};

		bytes.resize((bytes.size() + 7) & ~size_t{7});
		body_.append(reinterpret_cast<const char *>(&head), sizeof(head));
		body_ += bytes;
		sections_++;
	}

	/* With the strings as the last section. */
	std::string finish()
	{
		raw_section(FGFT_DUMP_STRINGS, 1, static_cast<uint32_t>(strings_.size()), 0,
			    strings_);

		const fgft_dump_header header = {FGFT_DUMP_MAGIC, FGFT_DUMP_VERSION, sections_,
						 sizeof(header) + body_.size()};

		return std::string(reinterpret_cast<const char *>(&header), sizeof(header)) + body_;
	}

      private:
	std::string strings_;
	std::string body_;
	uint32_t sections_ = 0;
};

/* A dump with one of everything. */
inline std::string whole_dump()
{
	Builder b;
	fgft_dump_fault fault = {};

	fault.driver = b.string("e1000");
	fault.entry = b.string("e1000_set_coalesce");
	fault.table = b.string("ethtool_ops.set_coalesce");
	fault.device = b.string("0000:00:04.0");
	fault.cause = b.string("wild store");
	fault.step = b.string("registers");
	fault.task = b.string("ethtool");
	fault.kernel = b.string("6.1.0");
	fault.pid = 123;
	fault.cpu = 1;
	fault.ip = 0x1000;
	fault.address = 0xdead;
	fault.result = -5;
	fault.detected_ns = 12345678901;
	fault.rollback_ns = 4500;
	fault.args[0] = 0x42;
	fault.undone_stores = 2;
	fault.undone_calls = 1;
	b.section<fgft_dump_fault>(FGFT_DUMP_FAULT, {fault});
	b.section<fgft_dump_frame>(FGFT_DUMP_FRAMES,
				   {{0x1000, b.string("inner+0x10/0x20 [e1000]"), 0},
				    {0x2000, b.string("outer+0x1/0x2 [e1000]"), 0}});
	b.section<fgft_dump_undo>(FGFT_DUMP_UNDO,
				  {{0x5000, 4, {0x04030201, 0, 0, 0}, 0, 0},
				   {0x6000, 0, {7, 8, 9, 10}, b.string("undo_it+0x0/0x9 [fgft]"), 0},
				   {0x7000, 100, {0, 0, 0, 0xff00000000000000}, 0, 0}},
				  3);
	b.section<fgft_dump_range>(FGFT_DUMP_RANGES, {{0x5000, 64, b.string("slab"), 1},
						      {0, 0, b.string("other"), 1}});
	b.section<fgft_dump_write>(
		FGFT_DUMP_WRITES,
		{{0xc00000c4, 0xc4, 100, 50, 0, 4, FGFT_DUMP_WRITE_KNOWN | FGFT_DUMP_WRITE_PLAIN},
		 {0xcf8, 0, 1, 0, 0, 1, FGFT_DUMP_WRITE_PORT}},
		2);
	return b.finish();
}

#endif /* TESTS_DECODER_BUILDER_H */
