// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel-API table as the compiler needs it.
 *
 * A row begins a line and may run over several; the compiler reads only
 *
 *	KAPI_<CLASS>(<function>
 *
 * and leaves the rest to the runtime, which generates the wrappers from it.
 */
#include "kapi_table.h"

#include <cctype>
#include <filesystem>
#include <set>

#include "text.h"

namespace isolator {
namespace {

const char row_start[] = "KAPI_";

bool is_word(char c)
{
	return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

/* Splits "KAPI_CLASS( name" into @klass and @name. */
bool parse_row(const std::string &line, std::string &klass, std::string &name)
{
	size_t i = sizeof(row_start) - 1, end;

	for (end = i; end < line.size() && std::isupper(static_cast<unsigned char>(line[end])); end++)
		;
	klass = line.substr(i, end - i);
	if (klass.empty() || end == line.size() || line[end] != '(')
		return false;
	for (i = end + 1; i < line.size() && std::isblank(static_cast<unsigned char>(line[i])); i++)
		;
	for (end = i; end < line.size() && is_word(line[end]); end++)
		;
	name = line.substr(i, end - i);
	return !name.empty();
}

} // namespace

Result<Done> KapiTable::add_file(const std::string &path)
{
	auto lines = read_lines(path);

	if (!lines)
		return Error{lines.error()};
	for (size_t i = 0; i < lines.value().size(); i++) {
		const std::string &line = lines.value()[i];
		KapiRow row;

		if (line.compare(0, sizeof(row_start) - 1, row_start))
			continue;
		row.where = at_line(path, i + 1);
		if (!parse_row(line, row.klass, row.name))
			return Error{row.where + ": expected KAPI_<CLASS>(<function>, ..."};
		auto [old, fresh] = rows_.emplace(row.name, row);
		if (!fresh && old->second.klass != row.klass)
			return Error{row.where + ": '" + row.name + "' has class " +
				     old->second.klass + " at " + old->second.where +
				     " already: remove one of the two rows"};
	}
	return Done{};
}

Result<KapiTable> KapiTable::load(const std::string &directory)
{
	std::error_code status;
	std::set<std::string> files;
	KapiTable table;

	for (std::filesystem::directory_iterator it(directory, status), end; it != end;
	     it.increment(status)) {
		if (status)
			break;
		if (it->path().extension() == ".def")
			files.insert(it->path().string());
	}
	if (status)
		return Error{"cannot list " + directory + ": " + status.message()};
	if (files.empty())
		return Error{directory + " holds no *.def file"};
	for (const auto &file : files) {
		auto added = table.add_file(file);

		if (!added)
			return Error{added.error()};
	}
	return table;
}

const KapiRow *KapiTable::find(const std::string &name) const
{
	auto it = rows_.find(name);

	return it == rows_.end() ? nullptr : &it->second;
}

} // namespace isolator
