package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// lackingCalls stands before an emulator and answers one call of Lambda's as an endpoint does that has no such path.
// It counts what it answered.
func lackingCalls(t *testing.T, endpoint, call string, answered *atomic.Int64) string {
	t.Helper()
	return answering(t, endpoint, func(w http.ResponseWriter, _ string) {
		answered.Add(1)
		w.Header().Set("Content-Type", "text/html")
		http.Error(w, "<h1>Not Found</h1>", http.StatusNotFound)
	}, call)
}

// aScanGoesOnWithoutACall lets the endpoint lack one call of Lambda's at a time. The scan judges every role
// all the same, says once what is missing, and a scan of an export that was made without the call finds the same.
func aScanGoesOnWithoutACall(t *testing.T, e emulator) {
	settings := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(settings, []byte(`{"tagExceptions": ["RW410"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var answered atomic.Int64
	for call := range lambdaCalls {
		t.Run(call, func(t *testing.T) {
			talkTo(t, lackingCalls(t, e.endpoint, call, &answered))
			out, errs, code := runLine(t, "scan", "--region", awstest.Region, "--format", "json", "--settings", settings)
			if code != exitFound || !strings.Contains(out, `"check":"RW301"`) {
				t.Errorf("scan: exit code %d: %s%s", code, errs, out)
			}
			said := "lambda:" + call + " is not supported by the endpoint (HTTP status code 404)"
			most := 1
			if call == "ListFunctions" {
				// The scope of the roles is unknown for the same reason.
				most = 2
			}
			if n := strings.Count(out+errs, said); n > most || call == "ListFunctions" && n == 0 {
				t.Errorf("scan says %d times that %s: %s%s", n, said, errs, out)
			}
			dir := filepath.Join(t.TempDir(), "account")
			_, errs, code = runLine(t, "export", "--region", awstest.Region, dir)
			if code != exitDone || strings.Count(errs, said) != 1 {
				t.Errorf("export: exit code %d: %s", code, errs)
			}
			if diff := diffFindings(t, out, dir, "--settings", settings); diff != "" {
				t.Errorf("the scan of the export finds something else (-live +export):\n%s", diff)
			}
		})
	}
	if answered.Load() == 0 {
		t.Error("no call was answered")
	}
}
