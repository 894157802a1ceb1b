/* SPDX-License-Identifier: MIT */
/*
 * log-events: every outcome that an administrator may act on
 *
 * One row an event: symbol, level, message ID (128 random bits), what it says. Each has
 * an entry of the same ID in units/sealmount.catalog; tests/lint compares the two.
 * IDs are interface: never change one, never use one again.
 */
#pragma once

#define LOG_EVENTS(X)                                                                           \
	X(CONFIG_REJECTED, LOG_ERR, "acde154cf036d7d3190bec534484ff48",                         \
	  "a share's or file's configuration has errors")                                       \
	X(CONFIG_WARNING, LOG_WARNING, "5d5e7ce8a1fd8e68db72d1608a26a1ba",                      \
	  "a setting is odd, ignored, or without effect")                                       \
	X(SOURCE_REFUSED, LOG_ERR, "036af9c514f4b593c0d7f3612eaaecf3",                          \
	  "a source of configuration is not trusted here")                                      \
	X(BLOB_READY, LOG_INFO, "000a64c030d858956b3e2ff4ac45e1dd", "the blob can be read")     \
	X(BLOB_UNREACHABLE, LOG_WARNING, "9b01d5f31ab60499e11d39d9dc2e8505",                    \
	  "the blob's server does not answer; retrying")                                        \
	X(BLOB_RECOVERED, LOG_NOTICE, "436bfde381b7ebfd50369f1c4bded010",                       \
	  "the blob's server answers again")                                                    \
	X(BLOB_FAILED, LOG_ERR, "08ea6a02e49241cf1663c9839925c9b1",                             \
	  "the blob cannot be served; no retry can mend it")                                    \
	X(BLOB_CHANGED, LOG_ERR, "5d5f864d3bd1ae40b2fe4bc8cd6615f6",                            \
	  "the blob is no longer the one that was opened")                                      \
	X(BLOB_STOPPED, LOG_INFO, "de77f7f1d18958dd7717509c3a515f96",                           \
	  "the blob is no longer served")                                                       \
	X(KEY_READY, LOG_INFO, "7bc90c8061654ebfaffbf5e879fa54b4",                              \
	  "the key is in the kernel keyring")                                                   \
	X(KEY_RAW_USED, LOG_WARNING, "53525e7d3084f4a8018fa3b5e25854cd",                        \
	  "the key stands in the configuration itself")                                         \
	X(KEY_FAILED, LOG_ERR, "662f3123237793ce0e3ade37d3670949", "the key could not be had")  \
	X(KEY_DROPPED, LOG_INFO, "2c752de439cac66e0e8bdc131e99378c",                            \
	  "the key was removed from the kernel keyring")                                        \
	X(CRYPT_ACTIVATED, LOG_INFO, "bdbc22b200c3da27f5ad720b0032b8f5", "the volume is open")  \
	X(CRYPT_HEADER_REJECTED, LOG_ERR, "1e86d3bebaf0c33f519a10708a328e48",                   \
	  "the volume's header is not as demanded")                                             \
	X(CRYPT_WRONG_KEY, LOG_ERR, "6c81bebf2879cef9a0fb8744f943f2d7",                         \
	  "the key does not open the volume")                                                   \
	X(CRYPT_NO_FILESYSTEM, LOG_ERR, "421f50c17520ed13e483e5d18a8bc4af",                     \
	  "the open volume holds no such filesystem")                                           \
	X(CRYPT_FAILED, LOG_ERR, "8de1f2a91efab1185beb0b5baad7077a",                            \
	  "the volume could not be opened or closed")                                           \
	X(CRYPT_BUSY, LOG_WARNING, "e760b9fc6c99e6791e14b33f3dafdaca",                          \
	  "the volume is still in use; waiting for its users")                                  \
	X(CRYPT_DETACHED, LOG_INFO, "b81f38216861e3f7c37be0824bd35799", "the volume is closed") \
	X(LINK_PUBLISHED, LOG_INFO, "98d1dcc1b1b7539d3517c7cf09143a0d",                         \
	  "the share is visible at its path")                                                   \
	X(LINK_BLOCKED, LOG_ERR, "0c9611d7e6116c019dde3189a18c0b52",                            \
	  "something else is at the share's path")                                              \
	X(LINK_FAILED, LOG_ERR, "0bda8890c8c753145fa737f7590d87b5",                             \
	  "the share's path could not be made or removed")                                      \
	X(LINK_WITHDRAWN, LOG_INFO, "1287362e01739e95aebd3fbe47d8fbb5",                         \
	  "the share's path was removed")
