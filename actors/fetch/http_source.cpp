// SPDX-License-Identifier: Apache-2.0
#include "actors/fetch/http_source.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <mutex>

namespace matricula {
namespace {

struct curl_deleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(CURLU* parts) const { curl_url_cleanup(parts); }
};

/// A longer Retry-After is a mistake of the source's, and a term's first week must not wait for its end.
constexpr std::chrono::minutes retry_after_max{10};

class http_source final : public page_source {
 public:
  http_source(const source_settings& settings, std::size_t page_bytes_max)
      : settings_(settings)
      , page_bytes_max_(page_bytes_max) {
    static std::once_flag initialised;
    std::call_once(initialised, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    handle_.reset(curl_easy_init());
    place_ = printable(settings.url);
  }

  result<source_answer> read(const std::optional<std::string>& cursor, const std::string& etag) override {
    source_answer answer;
    answer.bytes.reserve(bytes_last_ + bytes_last_ / 8);
    body_ = &answer.bytes;
    etag_.clear();
    retry_after_ = {};
    too_large_ = false;

    auto* curl = handle_.get();
    curl_easy_reset(curl);
    const auto address = address_of(cursor);
    curl_easy_setopt(curl, CURLOPT_URL, address.c_str());
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 10'000L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(settings_.request_timeout.count()));
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 512L * 1024L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "matricula");
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &http_source::progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &http_source::write);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &http_source::header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
    std::unique_ptr<curl_slist, curl_deleter> headers{curl_slist_append(nullptr, "Accept: application/json")};
    if (!etag.empty())
      headers.reset(curl_slist_append(headers.release(), ("If-None-Match: " + etag).c_str()));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());

    const auto code = curl_easy_perform(curl);
    body_ = nullptr;
    if (interrupted_)
      return failure{error_code::stopping, "interrupted while reading " + place_};
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK)
      return transfer_failure(code, status, answer.bytes.size());
    curl_off_t delay_s = 0;
    if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &delay_s) == CURLE_OK)
      retry_after_ = std::chrono::seconds{
          std::clamp<curl_off_t>(delay_s, 0, std::chrono::seconds{retry_after_max}.count())};
    if (status == 410)
      return failure{error_code::cursor_unknown, place_ + " answered 410: the cursor is no longer known"};
    if (status == 304 && !etag.empty()) {
      answer.not_modified = true;
    } else if (status != 200) {
      return failure{error_code::source_unavailable, place_ + " answered HTTP " + std::to_string(status)};
    }
    answer.etag = etag_;
    bytes_last_ = answer.bytes.size();
    return answer;
  }

  std::chrono::milliseconds retry_after() const override { return retry_after_; }

  void interrupt() override { interrupted_ = true; }

 private:
  /// The address without what may be secret in it: user, password and query.
  static std::string printable(const std::string& url) {
    const std::unique_ptr<CURLU, curl_deleter> parts{curl_url()};
    if (curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
      return "the source's url";
    for (const auto part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT})
      curl_url_set(parts.get(), part, nullptr, 0);
    char* text = nullptr;
    if (curl_url_get(parts.get(), CURLUPART_URL, &text, 0) != CURLUE_OK)
      return "the source's url";
    std::string place{text};
    curl_free(text);
    return place;
  }

  std::string address_of(const std::optional<std::string>& cursor) const {
    auto address = settings_.url;
    address += settings_.url.find('?') == std::string::npos ? '?' : '&';
    address += "limit=" + std::to_string(settings_.page_records_max);
    if (cursor) {
      char* escaped = curl_easy_escape(handle_.get(), cursor->data(), static_cast<int>(cursor->size()));
      address += "&cursor=";
      address += escaped;
      curl_free(escaped);
    }
    return address;
  }

  failure transfer_failure(CURLcode code, long status, std::size_t bytes) const {
    if (too_large_)
      return {error_code::page_invalid, place_ + " sent more than " + std::to_string(page_bytes_max_) +
                                            " bytes (limits.page_bytes_max); ask for fewer records a page"};
    const std::string why = curl_easy_strerror(code);
    if (status == 200)
      return {error_code::page_cut, place_ + " was cut after byte " + std::to_string(bytes) + ": " + why};
    return {error_code::source_unavailable, place_ + ": " + why};
  }

  static std::size_t write(char* data, std::size_t size, std::size_t count, void* self) {
    auto& source = *static_cast<http_source*>(self);
    if (source.body_->size() + size * count > source.page_bytes_max_) {
      source.too_large_ = true;
      return 0;
    }
    if (source.body_->empty())
      source.expect_body();
    source.body_->append(data, size * count);
    return size * count;
  }

  /// Makes room for what the server has announced, so that a page is not moved while it grows.
  void expect_body() const {
    constexpr std::size_t read_beyond = 64;  // by the page's parser
    curl_off_t announced = 0;
    if (curl_easy_getinfo(handle_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced) == CURLE_OK &&
        announced > 0)
      body_->reserve(std::min(static_cast<std::size_t>(announced), page_bytes_max_) + read_beyond);
  }

  static std::size_t header(char* data, std::size_t size, std::size_t count, void* self) {
    std::string_view line{data, size * count};
    constexpr std::string_view name = "etag:";
    if (line.size() > name.size() && curl_strnequal(line.data(), name.data(), name.size()) != 0) {
      line.remove_prefix(name.size());
      const auto first = line.find_first_not_of(' ');
      const auto last = line.find_last_not_of(" \r\n");
      if (first != std::string_view::npos)
        static_cast<http_source*>(self)->etag_ = line.substr(first, last - first + 1);
    }
    return size * count;
  }

  static int progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<http_source*>(self)->interrupted_ ? 1 : 0;
  }

  source_settings settings_;
  std::size_t page_bytes_max_;
  std::unique_ptr<CURL, curl_deleter> handle_;
  std::string place_;  ///< for texts
  std::string* body_ = nullptr;
  std::string etag_;
  std::size_t bytes_last_ = 0;
  bool too_large_ = false;
  std::chrono::milliseconds retry_after_{};
  std::atomic<bool> interrupted_{false};
};

}  // namespace

page_source_ptr make_http_source(const source_settings& settings, std::size_t page_bytes_max) {
  return std::make_shared<http_source>(settings, page_bytes_max);
}

}  // namespace matricula
