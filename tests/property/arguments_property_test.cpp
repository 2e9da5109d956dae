// Whatever JSON a program can make: packing loses nothing, and checking twice is checking once.
#include <rapidcheck.h>
#include <map>
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include "core/arguments.hpp"
#include "core/payload.hpp"
#include "stint/arg.hpp"
#include "stint/detail/handler.hpp"

namespace stint {
namespace {

rc::Gen<std::string> text() {
  return rc::gen::map(
      rc::gen::container<std::string>(
          rc::gen::elementOf(std::string{"abz 019\"\\/\n\t{}[]:,$.-_"})),
      [](const std::string& ascii) { return ascii + (ascii.size() % 2 ? "\u00e9" : ""); });
}

json leaf(int kind) {
  switch (kind) {
    case 0:
      return nullptr;
    case 1:
      return *rc::gen::arbitrary<bool>();
    case 2:
      return *rc::gen::arbitrary<std::int64_t>();
    case 3:
      return *rc::gen::map(rc::gen::arbitrary<int>(), [](int n) { return n / 8.0; });
    case 4:
      return *text();
    default:
      return Bytes{*rc::gen::container<std::string>(rc::gen::arbitrary<char>())};
  }
}

json value(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 8 : 6);
  if (kind < 6) return leaf(kind);
  json result = kind == 6 ? json::array() : json::object();
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    if (kind == 6) {
      result.push_back(value(depth - 1));
    } else {
      result["k" + *text()] = value(depth - 1);
    }
  }
  return result;
}

RC_GTEST_PROP(PayloadProperty, PackAndUnpackRoundTrip, ()) {
  const json original = value(4);
  Payload payload = pack_payload(original, PayloadLimits{}, "it");
  RC_ASSERT(unpack_payload(payload.text, payload.attachments) == original);
  // What is written is strict JSON, too.
  RC_ASSERT(parse_json(payload.text, "it") == json::parse(payload.text));
}

RC_GTEST_PROP(ParseJsonProperty, AcceptsOnlyWhatTheLibraryAccepts, ()) {
  std::string written = pack_payload(value(3), PayloadLimits{}, "it").text;
  // One damaged byte: accepted by us only if it is JSON, with the same meaning.
  const auto at = *rc::gen::inRange<std::size_t>(0, written.size());
  written[at] = *rc::gen::elementOf(std::string{"{}[]\",:0e-x \\"});
  json strict;
  try {
    strict = parse_json(written, "it");
  } catch (const Error&) {
    RC_SUCCEED("refused");
  }
  RC_ASSERT(json::accept(written));
  RC_ASSERT(json::parse(written) == strict);
}

template <typename T>
ArgumentSpec spec_of(const arg& described) {
  ArgumentSpec spec = described.spec();
  detail::describe_type<T>(spec);
  return spec;
}

RC_GTEST_PROP(CheckedArgumentsProperty, IsIdempotent, ()) {
  const std::vector<ArgumentSpec> specs = {
      spec_of<int>(arg("integer") = 5),
      spec_of<double>(arg("number").optional()),
      spec_of<std::optional<std::string>>(arg("maybe")),
      spec_of<std::vector<int>>(arg("list") = std::vector<int>{}),
      spec_of<Bytes>(arg("bytes").optional()),
      spec_of<json>(arg("any").optional()),
  };
  json args = json::object();
  if (*rc::gen::arbitrary<bool>()) args["integer"] = *rc::gen::arbitrary<int>();
  if (*rc::gen::arbitrary<bool>()) args["integer"] = *rc::gen::inRange(-9, 9) * 1.0;
  if (*rc::gen::arbitrary<bool>()) args["number"] = *rc::gen::arbitrary<int>();
  if (*rc::gen::arbitrary<bool>()) args["maybe"] = nullptr;
  if (*rc::gen::arbitrary<bool>()) args["list"] = *rc::gen::arbitrary<std::vector<int>>();
  if (*rc::gen::arbitrary<bool>()) args["bytes"] = *text();
  if (*rc::gen::arbitrary<bool>()) args["any"] = value(2);
  const json once = checked_arguments("m.t", specs, args);
  RC_ASSERT(checked_arguments("m.t", specs, once) == once);
  // The way through a store changes nothing either.
  Payload payload = pack_payload(once, PayloadLimits{}, "it");
  const json stored = unpack_payload(payload.text, payload.attachments);
  RC_ASSERT(checked_arguments("m.t", specs, stored) == once);
}

}  // namespace
}  // namespace stint
