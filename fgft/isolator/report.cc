// SPDX-License-Identifier: GPL-2.0
/* What the isolator found in one translation unit, written as JSON. */
#include "report.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <nlohmann/json.hpp>

namespace isolator {
namespace {

using json = nlohmann::ordered_json;

json entries_json(const Report &report)
{
	json list = json::array();

	for (const auto &entry : report.entries)
		list.push_back({{"name", entry.name},
				{"table", entry.table},
				{"nargs", entry.nargs},
				{"ret", entry.ret}});
	return list;
}

json candidates_json(const Report &report)
{
	json object = json::object();

	for (const auto &[name, candidate] : report.candidates)
		object[name] = {{"table", candidate.table}, {"reason", candidate.reason}};
	return object;
}

json calls_json(const Report &report)
{
	json object = json::object();

	for (const auto &[name, call] : report.kernel_functions)
		object[name] = {{"class", call.klass}, {"count", call.count}, {"from", call.from}};
	return object;
}

json twins_json(const Report &report)
{
	json object = json::object();

	for (const auto &[name, twin] : report.twins)
		object[name] = {{"root", twin.root},	 {"stores", twin.stores},
				{"ranges", twin.ranges}, {"asm", twin.asms},
				{"icalls", twin.icalls}, {"loops", twin.loops},
				{"calls", twin.calls}};
	return object;
}

json mutants_json(const Report &report)
{
	json list = json::array();

	for (const auto &mutant : report.mutants)
		list.push_back({{"number", mutant.number},
				{"operator", mutant.op},
				{"family", mutant.family},
				{"function", mutant.function},
				{"line", mutant.line}});
	return list;
}

json refusals_json(const Report &report)
{
	json list = json::array();

	for (const auto &refusal : report.refusals)
		list.push_back({{"file", refusal.file},
				{"line", refusal.line},
				{"function", refusal.function},
				{"what", refusal.what}});
	return list;
}

json totals_json(const Report &report)
{
	TwinReport sum;

	for (const auto &[name, twin] : report.twins) {
		sum.stores += twin.stores;
		sum.ranges += twin.ranges;
		sum.asms += twin.asms;
		sum.icalls += twin.icalls;
		sum.loops += twin.loops;
	}
	return {{"twins", report.twins.size()}, {"stores", sum.stores},
		{"ranges", sum.ranges},		{"asm", sum.asms},
		{"icalls", sum.icalls},		{"loops", sum.loops},
		{"inject_sites", report.inject_sites}};
}

} // namespace

Result<Done> Report::write(const std::string &directory, const std::string &stem) const
{
	const std::string path = directory + "/" + stem + ".json";
	std::ofstream out(path);
	json document = {{"source", source},
			 {"entries", entries_json(*this)},
			 {"candidates", candidates_json(*this)},
			 {"kernel_functions", calls_json(*this)},
			 {"other_units", other_units},
			 {"unclassed", unclassed},
			 {"refusals", refusals_json(*this)},
			 {"targets", targets},
			 {"functions", twins_json(*this)},
			 {"counts", totals_json(*this)},
			 {"mutants", mutants_json(*this)},
			 {"dev_pm_ops", pm_ops}};

	out << document.dump(2, ' ', false, json::error_handler_t::replace) << "\n";
	out.close();
	if (!out)
		return Error{"cannot write " + path + ": " + std::strerror(errno)};
	return Done{};
}

} // namespace isolator
