#include "cli/failure.hpp"
#include <algorithm>
#include <cctype>
#include <cstring>
#include <fmt/format.h>
#include "base/url.hpp"
#include "cli/cannot_write.hpp"
#include "cli/output.hpp"
#include "cli/terminal.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr int kInternalExit = 70;

/// Keep the line's ends of a message and make everything else printable.
std::string printable_lines(std::string_view text) {
  std::string result;
  for (;;) {
    const std::size_t end = text.find('\n');
    result += printable(text.substr(0, end));
    if (end == std::string_view::npos) return result;
    result += '\n';
    text.remove_prefix(end + 1);
  }
}

std::string message_of(std::string_view program, std::string_view what) {
  return fmt::format("{}: error: {}", program, printable_lines(what));
}

std::string list_of(std::string_view program, const ConfigurationError& error) {
  if (error.problems().size() == 1) return message_of(program, error.problems().front());
  std::string result = fmt::format("{}: error: {} problems:", program, error.problems().size());
  for (const std::string& problem : error.problems()) {
    result += "\n  - " + printable_lines(problem);
  }
  return result;
}

/// The option as a shell reads it; empty where it cannot be said.
std::string store_option(std::string_view store) {
  if (store.empty() || redacted(store) != store || store.find('\'') != std::string_view::npos) {
    return {};
  }
  const bool is_plain = std::ranges::all_of(store, [](char c) {
    return (std::isalnum(static_cast<unsigned char>(c)) != 0) || std::strchr("/:@._-+,", c);
  });
  return is_plain ? fmt::format(" --store {}", store) : fmt::format(" --store '{}'", store);
}

}  // namespace

std::string with_own_commands(std::string message, std::string_view program,
                              std::string_view store) {
  constexpr std::string_view kBegin = "`stint db ";
  for (std::size_t at = 0; (at = message.find(kBegin, at)) != std::string::npos;) {
    const std::size_t end = message.find('`', at + kBegin.size());
    if (end == std::string::npos) break;
    const std::string words = message.substr(at + kBegin.size(), end - at - kBegin.size());
    const std::string own = fmt::format("`{} db {}{}`", program, words, store_option(store));
    message.replace(at, end + 1 - at, own);
    at += own.size();
  }
  return message;
}

Failure describe_failure(const std::exception_ptr& thrown, std::string_view program,
                         std::string_view hint) {
  try {
    std::rethrow_exception(thrown);
  } catch (const ClosedPipe&) {
    return {.exit_code = 0};
  } catch (const CannotWrite& error) {
    return {.exit_code = 1, .message = message_of(program, error.what())};
  } catch (const ConfigurationError& error) {
    return {.exit_code = exit_code(error.code()), .message = list_of(program, error)};
  } catch (const JobFailed& error) {
    return {.exit_code = 1, .message = message_of(program, error.what())};
  } catch (const Error& error) {
    Failure failure{.exit_code = exit_code(error.code()),
                    .message = message_of(program, error.what())};
    if (error.code() == ErrorCode::kUsage && !hint.empty()) {
      failure.message += fmt::format("\n{}", hint);
    }
    if (error.outcome_unknown()) {
      failure.message +=
          "\nThe connection was lost while the store was writing: look whether it took effect "
          "before you repeat it.";
    }
    return failure;
  } catch (const std::exception& error) {
    return {.exit_code = kInternalExit, .message = message_of(program, error.what())};
  } catch (...) {
    return {.exit_code = kInternalExit,
            .message = message_of(program, "something that is no std::exception was thrown")};
  }
}

}  // namespace stint::cli
