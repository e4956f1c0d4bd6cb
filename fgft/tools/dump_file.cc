// SPDX-License-Identifier: GPL-2.0
/*
 * Nothing in the file is believed before it was compared with the file's size.
 * A damaged section ends the reading; what came before it is kept.
 */
#include "dump_file.h"

#include <algorithm>
#include <cstring>

#include <linux/fgft_dump.h>

namespace fgft {
namespace {

struct Section {
	fgft_dump_section head;
	const char *records;
};

class Reader {
      public:
	explicit Reader(const std::string &bytes) : bytes_(bytes) {}

	Parsed parse();

      private:
	bool read_header(fgft_dump_header &header);
	void find_sections(const fgft_dump_header &header);
	void read_section(const Section &section);
	void read_fault(const Section &section);
	std::string string_at(uint32_t offset) const;
	void damage(const std::string &what) { dump_.damage.push_back(what); }

	/* Record @n, what it does not reach being zero. */
	template <typename T> static T record(const Section &section, size_t n)
	{
		T out = {};

		std::memcpy(&out, section.records + n * section.head.record_size,
			    std::min<size_t>(section.head.record_size, sizeof(out)));
		return out;
	}

	const std::string &bytes_;
	std::vector<Section> sections_;
	std::string strings_;
	std::string error_;
	Dump dump_;
};

std::string printable(const char *text, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	std::string out;

	for (size_t i = 0; i < size && text[i]; i++) {
		const auto c = static_cast<unsigned char>(text[i]);

		if (c >= 0x20 && c < 0x7f) {
			out += text[i];
			continue;
		}
		out += "\\x";
		out += digits[c >> 4];
		out += digits[c & 15];
	}
	return out;
}

std::string Reader::string_at(uint32_t offset) const
{
	if (offset >= strings_.size())
		return offset ? "?" : "";
	return printable(strings_.data() + offset, strings_.size() - offset);
}

bool Reader::read_header(fgft_dump_header &header)
{
	if (bytes_.size() < sizeof(header)) {
		error_ = "it is shorter than a dump's header";
		return false;
	}
	std::memcpy(&header, bytes_.data(), sizeof(header));
	if (header.magic != FGFT_DUMP_MAGIC) {
		error_ = "it does not begin as a dump of FGFT";
		return false;
	}
	if (header.version != FGFT_DUMP_VERSION) {
		error_ = "it has version " + std::to_string(header.version) +
			 " of the format, known is " + std::to_string(FGFT_DUMP_VERSION);
		return false;
	}
	return true;
}

void Reader::find_sections(const fgft_dump_header &header)
{
	size_t at = sizeof(header);

	if (header.size != bytes_.size())
		damage("it has " + std::to_string(bytes_.size()) + " bytes of " +
		       std::to_string(header.size));
	for (uint32_t n = 0; n < header.sections; n++) {
		Section section = {};
		const std::string name = "section " + std::to_string(n + 1);

		if (bytes_.size() - at < sizeof(section.head)) {
			damage(name + " is missing");
			return;
		}
		std::memcpy(&section.head, bytes_.data() + at, sizeof(section.head));
		at += sizeof(section.head);

		const uint64_t size = static_cast<uint64_t>(section.head.record_size) *
				      section.head.records;

		if ((!section.head.record_size && section.head.records) ||
		    size > bytes_.size() - at) {
			damage(name + " does not fit");
			return;
		}
		section.records = bytes_.data() + at;
		sections_.push_back(section);
		at += std::min<uint64_t>((size + 7) & ~7ULL, bytes_.size() - at);
	}
}

void Reader::read_fault(const Section &section)
{
	if (!section.head.records)
		return;

	const auto from = record<fgft_dump_fault>(section, 0);
	Fault to;

	to.driver = string_at(from.driver);
	to.entry = string_at(from.entry);
	to.table = string_at(from.table);
	to.device = string_at(from.device);
	to.cause = string_at(from.cause);
	to.step = string_at(from.step);
	to.what = string_at(from.what);
	to.task = string_at(from.task);
	to.kernel = string_at(from.kernel);
	to.pid = from.pid;
	to.cpu = from.cpu;
	to.level = from.level;
	to.ip = from.ip;
	to.address = from.address;
	to.result = from.result;
	to.restore_error = from.restore_error;
	to.detected_ns = from.detected_ns;
	to.rollback_ns = from.rollback_ns;
	to.restore_ns = from.restore_ns;
	std::copy(std::begin(from.args), std::end(from.args), to.args.begin());
	to.undone_stores = from.undone_stores;
	to.undone_calls = from.undone_calls;
	dump_.fault = to;
}

void Reader::read_section(const Section &section)
{
	const uint32_t records = section.head.records;

	switch (section.head.kind) {
	case FGFT_DUMP_FAULT:
		read_fault(section);
		break;
	case FGFT_DUMP_FRAMES:
		for (uint32_t n = 0; n < records; n++) {
			const auto from = record<fgft_dump_frame>(section, n);

			dump_.frames.push_back({from.address, string_at(from.symbol)});
		}
		break;
	case FGFT_DUMP_UNDO:
		dump_.undo_total = section.head.total;
		for (uint32_t n = 0; n < records; n++) {
			const auto from = record<fgft_dump_undo>(section, n);
			UndoRecord to = {from.address, from.size, {}, string_at(from.symbol)};

			std::copy(std::begin(from.data), std::end(from.data), to.data.begin());
			dump_.undo.push_back(to);
		}
		break;
	case FGFT_DUMP_RANGES:
		for (uint32_t n = 0; n < records; n++) {
			const auto from = record<fgft_dump_range>(section, n);

			dump_.ranges.push_back(
				{from.start, from.size, string_at(from.kind), from.stores});
		}
		break;
	case FGFT_DUMP_WRITES:
		dump_.writes_total = section.head.total;
		for (uint32_t n = 0; n < records; n++) {
			const auto from = record<fgft_dump_write>(section, n);

			dump_.writes.push_back({from.address, from.offset, from.value, from.old,
						from.bar, from.width, from.flags});
		}
		break;
	default: /* of a newer kernel side; strings were read before */
		break;
	}
}

Parsed Reader::parse()
{
	fgft_dump_header header = {};

	if (!read_header(header))
		return {std::nullopt, error_};
	dump_.version = header.version;
	find_sections(header);
	/* They stand last and are needed first. */
	for (const auto &section : sections_)
		if (section.head.kind == FGFT_DUMP_STRINGS)
			strings_.assign(section.records,
					static_cast<size_t>(section.head.record_size) *
						section.head.records);
	for (const auto &section : sections_)
		read_section(section);
	if (strings_.empty())
		damage("it has no strings");
	if (!dump_.fault)
		damage("it does not say what the fault was");
	return {dump_, ""};
}

} // namespace

Parsed parse_dump(const std::string &bytes)
{
	return Reader(bytes).parse();
}

} // namespace fgft
