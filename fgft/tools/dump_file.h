/* SPDX-License-Identifier: GPL-2.0 */
/* A fault's device coredump (linux/fgft_dump.h), read from untrusted bytes. */
#ifndef FGFT_TOOLS_DUMP_FILE_H
#define FGFT_TOOLS_DUMP_FILE_H

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fgft {

struct Frame {
	uint64_t address;
	std::string symbol;
};

struct UndoRecord {
	uint64_t address;
	uint64_t size; /* 0: a call */
	std::array<uint64_t, 4> data;
	std::string symbol;
};

struct TouchedRange {
	uint64_t start;
	uint64_t size;
	std::string kind;
	uint32_t stores;
};

struct DeviceWrite {
	uint64_t address;
	uint64_t offset;
	uint64_t value;
	uint64_t old;
	uint32_t bar;
	uint32_t width;
	uint32_t flags;
};

struct Fault {
	std::string driver, entry, table, device, cause, step, what, task, kernel;
	uint32_t pid = 0, cpu = 0, level = 0;
	uint64_t ip = 0, address = 0;
	int64_t result = 0, restore_error = 0;
	uint64_t detected_ns = 0, rollback_ns = 0, restore_ns = 0;
	std::array<uint64_t, 6> args = {};
	uint32_t undone_stores = 0, undone_calls = 0;
};

struct Dump {
	uint32_t version = 0;
	std::optional<Fault> fault;
	std::vector<Frame> frames;
	std::vector<UndoRecord> undo;
	std::vector<TouchedRange> ranges;
	std::vector<DeviceWrite> writes;
	uint32_t undo_total = 0, writes_total = 0;
	/* What is wrong with the file; what could be read is above. */
	std::vector<std::string> damage;
};

/* Either a dump, maybe a damaged one, or why it is none. */
struct [[nodiscard]] Parsed {
	std::optional<Dump> dump;
	std::string error;
};

/* All strings come back printable, other bytes as \xNN. */
Parsed parse_dump(const std::string &bytes);

} // namespace fgft

#endif /* FGFT_TOOLS_DUMP_FILE_H */
