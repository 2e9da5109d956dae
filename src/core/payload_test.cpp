#include "core/payload.hpp"
#include <cmath>
#include <string>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint {
namespace {

json round_trip(const json& value) {
  Payload payload = pack_payload(value, PayloadLimits{}, "it");
  return unpack_payload(payload.text, std::move(payload.attachments));
}

std::string payload_error(const json& value, const PayloadLimits& limits = {}) {
  try {
    return "accepted: " + pack_payload(value, limits, "the arguments").text;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalid);
    return error.what();
  }
}

json nested_payload(int depth) {
  json value = 1;
  for (int level = 0; level < depth; ++level) value = json::array({value});
  return value;
}

TEST(Payload, KeepsBytesOutOfTheText) {
  const json value = {{"a", Bytes{"first"}}, {"b", {1, Bytes{std::string{"\0\xff", 2}}}}};
  const Payload payload = pack_payload(value, PayloadLimits{}, "it");
  ASSERT_EQ(payload.attachments.size(), 2U);
  EXPECT_EQ(payload.attachments[0], "first");
  EXPECT_EQ(json::parse(payload.text)["a"], (json{{"$stint.bytes", 0}, {"size", 5}}));
  EXPECT_EQ(round_trip(value), value);
}

TEST(Payload, KeepsEveryKindOfValue) {
  const json value = {{"a", {1, -1, 1.5, true, nullptr, "\u00e4\xf0\x9f\x98\x80"}},
                      {"b", json::object()},
                      {"c", INT64_MIN},
                      {"d", 18U}};
  EXPECT_EQ(round_trip(value), value);
  EXPECT_EQ(round_trip("text"), "text");
  EXPECT_EQ(round_trip(Bytes{"alone"}).get<Bytes>().view(), "alone");
}

TEST(Payload, RefusesWhatNoStoreHolds) {
  EXPECT_NE(payload_error({{"a", {{"b", NAN}}}}).find("at \"a.b\": NaN and infinity"),
            std::string::npos);
  EXPECT_NE(payload_error({{"a", {1, INFINITY}}}).find("at \"a\": NaN"), std::string::npos);
  EXPECT_NE(payload_error({{"a", UINT64_MAX}}).find("out of range"), std::string::npos);
  EXPECT_NE(payload_error({{"a", "x\xff"}}).find("at \"a\": the string is no UTF-8 from byte 1 on"),
            std::string::npos);
  EXPECT_NE(payload_error({{"a", std::string{"x\0y", 3}}}).find("holds a NUL"), std::string::npos);
  EXPECT_NE(payload_error({{"k\xff", 1}}).find("the key is no UTF-8"), std::string::npos);
  EXPECT_NE(payload_error({{"a", {{"$stint.bytes", 0}}}}).find("is reserved"), std::string::npos);
  EXPECT_NE(payload_error(nested_payload(65)).find("deeper than 64"), std::string::npos);
  EXPECT_EQ(round_trip(nested_payload(64)), nested_payload(64));
}

TEST(Payload, RefusesWhatIsTooLargeAndNamesTheLimit) {
  const PayloadLimits limits{.json_bytes = 10, .attachment_bytes = 4};
  EXPECT_EQ(payload_error("12345678", limits), "accepted: \"12345678\"");
  EXPECT_EQ(payload_error("123456789", limits),
            "the arguments: 11 bytes of JSON are too many; the limit limits.max_json is 10");
  const PayloadLimits roomy{.json_bytes = 1000, .attachment_bytes = 4};
  EXPECT_NE(payload_error({Bytes{"abc"}, Bytes{"de"}}, roomy).find("limits.max_bytes is 4"),
            std::string::npos);
  EXPECT_TRUE(payload_error({Bytes{"abc"}, Bytes{"d"}}, roomy).starts_with("accepted"));
}

TEST(Payload, ReportsAMissingAttachment) {
  try {
    static_cast<void>(unpack_payload(R"({"$stint.bytes": 1, "size": 3})", {"abc"}));
    FAIL() << "a missing attachment was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInternal);
  }
}

}  // namespace
}  // namespace stint
