package patterntest_test

import (
	"encoding/json"
	"testing"

	"github.com/rolewatch/rolewatch/events/patterntest"
)

func TestMatches(t *testing.T) {
	const event = `{"source":"aws.iam","detail":{"eventName":"CreateRole","errorCode":null,"readOnly":false},"resources":["one","two"]}`
	for pattern, want := range map[string]bool{
		`{}`:                                                         true,
		`{"source":["aws.iam"]}`:                                     true,
		`{"source":["aws.sts","aws.iam"]}`:                           true,
		`{"source":["aws.sts"]}`:                                     false,
		`{"source":[{"prefix":"aws."}]}`:                             true,
		`{"source":[{"prefix":"example."}]}`:                         false,
		`{"source":[{"exists":false}]}`:                              false,
		`{"source":[{"anything-but":["aws.sts"]}]}`:                  true,
		`{"source":[{"anything-but":["aws.sts","aws.iam"]}]}`:        false,
		`{"sources":[{"anything-but":["aws.sts"]}]}`:                 false,
		`{"resources":["two"]}`:                                      true,
		`{"resources":[{"prefix":"o"}]}`:                             true,
		`{"resources":["three"]}`:                                    false,
		`{"detail":{"eventName":["CreateRole"],"readOnly":[false]}}`: true,
		`{"detail":{"eventName":["CreateRole"],"readOnly":[true]}}`:  false,
		`{"detail":{"errorCode":[{"exists":true}]}}`:                 true,
		`{"detail":{"sourceIP":[{"exists":false}]}}`:                 true,
		`{"detail":{"sourceIP":["192.0.2.1"]}}`:                      false,
		`{"detail":{"errorCode":[{"prefix":""}]}}`:                   false,
	} {
		if got := patterntest.Matches(t, decoded(t, pattern), decoded(t, event)); got != want {
			t.Errorf("%s matches %s: %v, want %v", pattern, event, got, want)
		}
	}
}

func decoded(t *testing.T, text string) (out map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}
