// SPDX-License-Identifier: GPL-2.0
#include "print.h"

#include <algorithm>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include <linux/fgft_dump.h>
#include <nlohmann/json.hpp>

namespace fgft {
namespace {

using nlohmann::ordered_json;

/* printf() at the end of @out. */
__attribute__((format(printf, 2, 3))) void add(std::string &out, const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	const int size = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (size > 0)
		out.append(line, std::min<size_t>(size, sizeof(line) - 1));
}

std::string hex(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return text;
}

const char *level_name(uint32_t level)
{
	switch (level) {
	case FGFT_DUMP_LEVEL_TASK:
		return "task";
	case FGFT_DUMP_LEVEL_SOFTIRQ:
		return "softirq";
	case FGFT_DUMP_LEVEL_HARDIRQ:
		return "hardirq";
	default:
		return "unknown";
	}
}

std::string write_kind(const DeviceWrite &write)
{
	if (write.flags & FGFT_DUMP_WRITE_PLAIN)
		return "plain";
	if (write.flags & FGFT_DUMP_WRITE_MASK)
		return "mask";
	return write.flags & FGFT_DUMP_WRITE_EVENT ? "event" : "undescribed";
}

/* Where the fault was, by name if the call path has it. */
std::string place(const Dump &dump)
{
	for (const auto &frame : dump.frames)
		if (frame.address == dump.fault->ip && !frame.symbol.empty())
			return frame.symbol;
	return hex(dump.fault->ip);
}

/* The old bytes of a store, as many as were kept. */
std::string old_bytes(const UndoRecord &record)
{
	unsigned char bytes[sizeof(record.data)];
	const size_t kept = std::min<uint64_t>(record.size, sizeof(bytes));
	std::string out;

	std::memcpy(bytes, record.data.data(), sizeof(bytes));
	for (size_t i = 0; i < kept; i++)
		add(out, "%s%02x", i ? " " : "", bytes[i]);
	return kept < record.size ? out + " ..." : out;
}

void fault_text(std::string &out, const Dump &dump)
{
	const Fault &fault = *dump.fault;

	add(out, "%s in %s [%s]\n", fault.cause.c_str(), fault.entry.c_str(), fault.driver.c_str());
	add(out, "  reached by    %s\n", fault.table.empty() ? "-" : fault.table.c_str());
	add(out, "  device        %s\n", fault.device.empty() ? "-" : fault.device.c_str());
	add(out, "  at            %s\n", place(dump).c_str());
	if (fault.address)
		add(out, "  address       %s\n", hex(fault.address).c_str());
	if (!fault.what.empty())
		add(out, "  concerned     kernel function %s\n", fault.what.c_str());
	add(out, "  task          %s, pid %u, CPU %u, %s context\n", fault.task.c_str(), fault.pid,
	    fault.cpu, level_name(fault.level));
	add(out, "  kernel        %s\n", fault.kernel.c_str());
	add(out, "  arguments    ");
	for (uint64_t argument : fault.args)
		add(out, " %s", hex(argument).c_str());
	add(out, "\n  caller got    %" PRId64 "\n", fault.result);
	add(out, "  detected      %" PRIu64 ".%06" PRIu64 " s after boot\n",
	    fault.detected_ns / 1000000000, fault.detected_ns / 1000 % 1000000);
	add(out, "  put right by  %s", fault.step.c_str());
	if (fault.restore_error)
		add(out, ", error %" PRId64, fault.restore_error);
	add(out, "; caller went on after %" PRIu64 " us", fault.rollback_ns / 1000);
	if (fault.restore_ns)
		add(out, ", device back after %" PRIu64 " us", fault.restore_ns / 1000);
	add(out, "\n");
}

void frames_text(std::string &out, const Dump &dump)
{
	add(out, "\nCall path, innermost first\n");
	for (const auto &frame : dump.frames)
		add(out, "  %016" PRIx64 "  %s\n", frame.address, frame.symbol.c_str());
	if (dump.frames.empty())
		add(out, "  not known: the call had returned\n");
}

void undo_text(std::string &out, const Dump &dump)
{
	add(out, "\nUndo log: %zu of %u records, newest first\n", dump.undo.size(), dump.undo_total);
	for (const auto &record : dump.undo) {
		if (record.size)
			add(out, "  store %016" PRIx64 "  %" PRIu64 " bytes, were %s\n",
			    record.address, record.size, old_bytes(record).c_str());
		else
			add(out, "  call  %s (%s, %s, %s, %s)\n", record.symbol.c_str(),
			    hex(record.data[0]).c_str(), hex(record.data[1]).c_str(),
			    hex(record.data[2]).c_str(), hex(record.data[3]).c_str());
	}
	if (dump.fault)
		add(out, "  in all %u stores and %u effects of kernel functions taken back\n",
		    dump.fault->undone_stores, dump.fault->undone_calls);

	add(out, "\nMemory stored to\n");
	for (const auto &range : dump.ranges) {
		if (range.size)
			add(out, "  %-11s  %016" PRIx64 "  %" PRIu64 " bytes: %u stores\n",
			    range.kind.c_str(), range.start, range.size, range.stores);
		else
			add(out, "  %-11s  %u stores\n", range.kind.c_str(), range.stores);
	}
	if (dump.ranges.empty())
		add(out, "  none\n");
}

void writes_text(std::string &out, const Dump &dump)
{
	add(out, "\nDevice writes: %zu of %u, oldest first\n", dump.writes.size(), dump.writes_total);
	for (const auto &write : dump.writes) {
		if (write.flags & FGFT_DUMP_WRITE_PORT)
			add(out, "  port %s", hex(write.address).c_str());
		else
			add(out, "  BAR %u + %s", write.bar, hex(write.offset).c_str());
		add(out, "  %u bytes: %s", write.width, hex(write.value).c_str());
		if (write.flags & FGFT_DUMP_WRITE_KNOWN)
			add(out, ", was %s", hex(write.old).c_str());
		add(out, " (%s)\n", write_kind(write).c_str());
	}
}

ordered_json fault_json(const Fault &fault)
{
	return {
		{"driver", fault.driver},
		{"entry", fault.entry},
		{"table", fault.table},
		{"device", fault.device},
		{"cause", fault.cause},
		{"step", fault.step},
		{"what", fault.what},
		{"task", fault.task},
		{"kernel", fault.kernel},
		{"pid", fault.pid},
		{"cpu", fault.cpu},
		{"context", level_name(fault.level)},
		{"ip", hex(fault.ip)},
		{"address", hex(fault.address)},
		{"result", fault.result},
		{"restore_error", fault.restore_error},
		{"detected_ns", fault.detected_ns},
		{"rollback_ns", fault.rollback_ns},
		{"restore_ns", fault.restore_ns},
		{"undone_stores", fault.undone_stores},
		{"undone_calls", fault.undone_calls},
	};
}

ordered_json undo_json(const UndoRecord &record)
{
	ordered_json out;

	if (record.size) {
		out["store"] = hex(record.address);
		out["size"] = record.size;
		out["old"] = old_bytes(record);
		return out;
	}
	out["call"] = record.symbol;
	for (uint64_t argument : record.data)
		out["arguments"].push_back(hex(argument));
	return out;
}

ordered_json write_json(const DeviceWrite &write)
{
	ordered_json out;

	if (write.flags & FGFT_DUMP_WRITE_PORT) {
		out["port"] = write.address;
	} else {
		out["bar"] = write.bar;
		out["offset"] = hex(write.offset);
	}
	out["width"] = write.width;
	out["value"] = hex(write.value);
	if (write.flags & FGFT_DUMP_WRITE_KNOWN)
		out["old"] = hex(write.old);
	out["kind"] = write_kind(write);
	return out;
}

} // namespace

std::string to_text(const Dump &dump)
{
	std::string out;

	for (const auto &damage : dump.damage)
		add(out, "damaged: %s\n", damage.c_str());
	if (dump.fault)
		fault_text(out, dump);
	frames_text(out, dump);
	undo_text(out, dump);
	writes_text(out, dump);
	return out;
}

std::string to_json(const Dump &dump)
{
	ordered_json out = {{"version", dump.version}, {"damage", dump.damage}};

	if (dump.fault) {
		out["fault"] = fault_json(*dump.fault);
		for (uint64_t argument : dump.fault->args)
			out["fault"]["arguments"].push_back(hex(argument));
	}
	out["frames"] = ordered_json::array();
	for (const auto &frame : dump.frames)
		out["frames"].push_back({{"address", hex(frame.address)}, {"symbol", frame.symbol}});
	out["undo_total"] = dump.undo_total;
	out["undo"] = ordered_json::array();
	for (const auto &record : dump.undo)
		out["undo"].push_back(undo_json(record));
	out["ranges"] = ordered_json::array();
	for (const auto &range : dump.ranges)
		out["ranges"].push_back({{"kind", range.kind},
					 {"start", hex(range.start)},
					 {"size", range.size},
					 {"stores", range.stores}});
	out["writes_total"] = dump.writes_total;
	out["writes"] = ordered_json::array();
	for (const auto &write : dump.writes)
		out["writes"].push_back(write_json(write));
	return out.dump(2) + "\n";
}

} // namespace fgft
