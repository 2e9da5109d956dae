// Whatever text comes in: nothing is read that is not there, nothing secret gets out, nothing
// crashes.
#include <rapidcheck.h>
#include <array>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include "base/duration.hpp"
#include "base/nearest.hpp"
#include "base/time_format.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"
#include "support/settings_loading.hpp"

namespace stint {
namespace {

std::string bytes() { return *rc::gen::container<std::string>(rc::gen::arbitrary<char>()); }

// Text of the characters that matter to the parser: denser in traps than arbitrary bytes.
std::string text_of(const std::string& characters) {
  return *rc::gen::container<std::string>(rc::gen::elementOf(characters));
}

const std::string kUrlCharacters = "ab:/@?&=#%[],.*2 '\\";

RC_GTEST_PROP(Urls, AreTakenApartOrRefusedInText, ()) {
  const std::string text = *rc::gen::arbitrary<bool>() ? bytes() : "x:" + text_of(kUrlCharacters);
  try {
    const Url url = parse_url(text);
    RC_ASSERT(url.text == text);
    RC_ASSERT(is_valid_utf8(url.path) && !has_nul(url.path));
    RC_ASSERT(is_valid_utf8(url.password) && !has_nul(url.password));
  } catch (const Error& error) {
    RC_ASSERT(error.code() == ErrorCode::kConfiguration);
    RC_ASSERT(is_valid_utf8(error.what()));
  }
}

// A password of any characters, also those that it should have escaped, is hidden wherever it
// stands.
RC_GTEST_PROP(Urls, NeverShowAPassword, ()) {
  const std::string password =
      text_of(kUrlCharacters + "0123456789") + "canary" + text_of(kUrlCharacters + "0123456789");
  const std::string host = *rc::gen::element<std::string>("host", "host:5432", "[::1]", "a:1,b:2");
  const std::string tail = *rc::gen::element<std::string>("", "/", "/db", "/db?x=y", "?x=y");
  const std::string url = "postgresql://user:" + password + "@" + host + tail;
  RC_ASSERT(redacted(url).find("canary") == std::string::npos);
  try {
    parse_url(url);
  } catch (const Error& error) {
    RC_ASSERT(std::string{error.what()}.find("canary") == std::string::npos);
  }
}

RC_GTEST_PROP(Urls, NeverShowASecretParameter, ()) {
  const std::string name =
      *rc::gen::element<std::string>("password", "sslpassword", "token", "Client_Secret");
  const std::string before = *rc::gen::element<std::string>("", "a=b&", "password=x&", "&&");
  const std::string value = text_of("ab:/@?=#%[],.*2") + "canary";
  for (const char* start : {"postgresql://u:p@h/db?", "sqlite:file?", "https://h?"}) {
    const std::string url = fmt::format("{}{}{}={}&z=1", start, before, name, value);
    RC_ASSERT(redacted(url).find("canary") == std::string::npos);
  }
}

RC_GTEST_PROP(Urls, KeepWhatIsNotOurs, ()) {
  const std::string query = text_of("ab=&%20");
  constexpr std::array<std::string_view, 1> kOurs = {"schema"};
  const std::string text = "postgresql://u:p@h/d?k=v" + (query.empty() ? "" : "&" + query);
  const std::string without = without_parameters(text + "&schema=x", kOurs);
  RC_ASSERT(without == without_parameters(text, kOurs));
  RC_ASSERT(without.find("schema") == std::string::npos);
}

RC_GTEST_PROP(Durations, AreReadBackAndNeverNegative, ()) {
  const std::string text = text_of("0123456789.wdhmsunPTWDHMS-");
  if (const auto duration = parse_duration(text)) {
    RC_ASSERT(*duration >= std::chrono::nanoseconds{0});
    RC_ASSERT(parse_duration(format_duration(*duration)) == duration);
  }
}

RC_GTEST_PROP(Times, AreReadBack, ()) {
  const std::string text = *rc::gen::arbitrary<bool>() ? bytes() : text_of("0123456789-:.TZ+ ");
  const auto now = std::chrono::system_clock::time_point{std::chrono::hours{490'000}};
  if (const auto time = parse_time_or_offset(text, now)) {
    const auto floor = std::chrono::floor<std::chrono::microseconds>(*time);
    RC_ASSERT(parse_time(format_time(*time, TimeDigits::kShortest)) == floor);
  }
}

RC_GTEST_PROP(Texts, AreCleanOnceCleaned, ()) {
  const std::string clean = sanitize_text(bytes());
  RC_ASSERT(is_valid_utf8(clean) && !has_nul(clean));
  RC_ASSERT(sanitize_text(clean) == clean);
}

RC_GTEST_PROP(Names, AreNearerToThemselvesThanToOthers, ()) {
  const std::string a = text_of("abc_-");
  const std::string b = text_of("abc_-");
  const int distance = edit_distance(a, b, 100);
  RC_ASSERT(edit_distance(b, a, 100) == distance);
  RC_ASSERT(edit_distance(a, a, 0) == 0);
  RC_ASSERT(edit_distance(a, b, 2) == std::min(distance, 3));
}

// Good files with a few bytes changed, put in or cut off: they are read, or refused in text.
RC_GTEST_PROP(SettingsFiles, AreReadOrRefusedInText, ()) {
  std::string toml =
      "run_once = true\nsleep_interval = 5\n[logging]\nlevel = \"info\"\n[logging.levels]\n"
      "\"a.b\" = \"debug\"\n[stores]\ndefault = \"postgresql://u:canary@h/d\"\n[worker]\n"
      "domains = [\"mail=10\"]\nlease = \"1m\"\n[one_instance.consul]\nport = 8500\n";
  for (int edits = *rc::gen::inRange(0, 6); edits > 0; --edits) {
    const auto at = *rc::gen::inRange<std::size_t>(0, toml.size());
    const char c = *rc::gen::elementOf(std::string{"\"'[]{}=.\n\\#x0-,\xFF"} + '\0');
    if (*rc::gen::arbitrary<bool>()) {
      toml.insert(at, 1, c);
    } else {
      toml[at] = c;
    }
  }
  const testing::Loaded loaded = testing::load(testing::from_toml(toml));
  for (const std::string& problem : loaded.problems) {
    RC_ASSERT(is_valid_utf8(problem));
    RC_ASSERT(problem.find("; ") != std::string::npos);  // the way out
  }
}

RC_GTEST_PROP(SettingsVariables, AreReadOrRefusedInText, ()) {
  const std::string name = *rc::gen::element<std::string>(
      "STINT_LOGGING", "STINT_WORKER_SLOTS", "STINT_WORKER_DOMAINS", "STINT_STORE",
      "STINT_WAREHOUSE", "STINT_WAREHOUSE_EXTRA", "STINT_RUN_ONCE", "STINT_WORKER_LEASE");
  const std::string value =
      *rc::gen::arbitrary<bool>() ? bytes() : text_of("{}[]\":,01.etrufalsn -");
  const std::vector<SettingSpec> declared = testing::warehouse_settings();
  const testing::Loaded loaded =
      testing::load(testing::from_toml("[warehouse]\nurl = \"x\"", {{name, value}}), declared);
  for (const std::string& problem : loaded.problems) {
    RC_ASSERT(is_valid_utf8(problem));
    RC_ASSERT(problem.find(name) != std::string::npos);
  }
}

}  // namespace
}  // namespace stint
