// SPDX-License-Identifier: GPL-2.0
/*
 * Asm statements a twin may contain, by pattern.
 *
 *	none|outputs|percpu  /<extended regular expression>/  <reason>
 *
 * The expression is matched against the template as the compiler holds it,
 * runs of blanks and newlines squeezed to one blank.
 */
#include "asm_table.h"

#include <regex.h>

#include <filesystem>

#include "text.h"

namespace isolator {

class AsmPattern {
      public:
	AsmPattern() = default;
	AsmPattern(const AsmPattern &) = delete;
	AsmPattern &operator=(const AsmPattern &) = delete;
	~AsmPattern()
	{
		if (compiled_)
			regfree(&regex_);
	}

	/* Empty on success, else what the expression compiler says. */
	std::string compile(const std::string &expression)
	{
		char why[128] = "";
		int rc = regcomp(&regex_, expression.c_str(), REG_EXTENDED | REG_NOSUB);

		compiled_ = rc == 0;
		if (rc)
			regerror(rc, &regex_, why, sizeof(why));
		return why;
	}

	bool matches(const std::string &text) const
	{
		return regexec(&regex_, text.c_str(), 0, nullptr, 0) == 0;
	}

	AsmClass klass = AsmClass::none;

      private:
	regex_t regex_;
	bool compiled_ = false;
};

namespace {

const char form[] = "expected 'none|outputs|percpu /<expression>/ <reason>'";

bool parse_class(const std::string &word, AsmClass &klass)
{
	if (word == "none")
		klass = AsmClass::none;
	else if (word == "outputs")
		klass = AsmClass::outputs;
	else if (word == "percpu")
		klass = AsmClass::percpu;
	else
		return false;
	return true;
}

} // namespace

AsmTable::AsmTable() = default;
AsmTable::~AsmTable() = default;
AsmTable::AsmTable(AsmTable &&) = default;
AsmTable &AsmTable::operator=(AsmTable &&) = default;

Result<AsmTable> AsmTable::load(const std::string &path)
{
	AsmTable table;

	if (!std::filesystem::exists(path))
		return table;

	auto lines = read_lines(path);

	if (!lines)
		return Error{lines.error()};
	for (size_t i = 0; i < lines.value().size(); i++) {
		const std::string &line = lines.value()[i];
		const std::string where = at_line(path, i + 1) + ": ";
		auto pattern = std::make_unique<AsmPattern>();

		if (line.empty() || line[0] == '#')
			continue;

		size_t open = line.find('/');
		size_t close = line.rfind('/');

		if (open == std::string::npos || close == open ||
		    !parse_class(squeeze_blanks(line.substr(0, open)), pattern->klass) ||
		    squeeze_blanks(line.substr(close + 1)).empty())
			return Error{where + form};

		auto why = pattern->compile(line.substr(open + 1, close - open - 1));

		if (!why.empty())
			return Error{where + why};
		table.patterns_.push_back(std::move(pattern));
	}
	return table;
}

const AsmClass *AsmTable::find(const std::string &text) const
{
	for (const auto &pattern : patterns_)
		if (pattern->matches(text))
			return &pattern->klass;
	return nullptr;
}

} // namespace isolator
