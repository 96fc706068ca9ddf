package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// watched stands before an emulator. see is shown each request with its body, and whether it answered it.
func watched(t *testing.T, endpoint string, see func(w http.ResponseWriter, r *http.Request, body string) bool) string {
	t.Helper()
	to, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.Transport = &http.Transport{DisableKeepAlives: true}
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !see(w, r, string(body)) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestOnlyTheRegionsThatAnAccountHasAreRead names a Region that accounts have not enabled, in which their credentials are not valid. Where
// the account does not say which it has enabled, the named ones are called.
func TestOnlyTheRegionsThatAnAccountHasAreRead(t *testing.T) {
	o := makeOrganization(t)
	for _, denied := range []bool{false, true} {
		var there, elsewhere atomic.Int64
		talkTo(t, watched(t, o.endpoint, func(w http.ResponseWriter, r *http.Request, _ string) bool {
			if r.URL.Path == "/listRegions" {
				w.Header().Set("Content-Type", "application/json")
				if denied {
					w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
					w.WriteHeader(http.StatusForbidden)
				}
				fmt.Fprint(w, `{"Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED_BY_DEFAULT"}]}`)
				return true
			}
			if region := signedFor.FindStringSubmatch(r.Header.Get("Authorization")); region != nil && strings.Contains(r.URL.Path, "/functions") {
				if region[1] == "eu-south-2" {
					elsewhere.Add(1)
				} else {
					there.Add(1)
				}
			}
			return false
		}))
		t.Setenv("AWS_ACCESS_KEY_ID", managementAccount)
		out, errs, code := runLine(t, "scan", "--organization", "--accounts", o.ids["payments"], "--region", awstest.Region+",eu-south-2", "--format", "json")
		if code != exitFound || total(t, linesOf(t, out))["accounts"] != 1.0 {
			t.Errorf("exit code %d: %s\n%s", code, errs, out)
		}
		if there.Load() == 0 || (elsewhere.Load() > 0) != denied {
			t.Errorf("with account:ListRegions denied %v, %d calls in the Region that is enabled and %d in the other", denied, there.Load(), elsewhere.Load())
		}
	}
}

// TestAnInterruptedExportGoesOn interrupts one when it assumes the role in the second of three accounts.
func TestAnInterruptedExportGoesOn(t *testing.T) {
	o := makeOrganization(t)
	o.reader("logs", "")
	ctx, interrupt := context.WithCancel(t.Context())
	var assumed atomic.Int64
	talkTo(t, watched(t, o.endpoint, func(_ http.ResponseWriter, _ *http.Request, body string) bool {
		if strings.Contains(body, "Action=AssumeRole") && assumed.Add(1) == 2 {
			interrupt()
		}
		return false
	}))
	t.Setenv("AWS_ACCESS_KEY_ID", managementAccount)
	dir := filepath.Join(t.TempDir(), "organization")
	args := []string{"export", "--organization", "--region", awstest.Region, "--parallel", "1", "--except", managementAccount, dir}
	var out, errs bytes.Buffer
	code := run(ctx, &world{in: &bytes.Buffer{}, out: &out, err: &errs, now: time.Now}, args)
	if code != exitError || !strings.Contains(errs.String(), "1 account exported, 0 there before, 2 not read") ||
		!strings.Contains(errs.String(), "the export stopped after 1 of 3 accounts; run the command again to go on") || assumed.Load() != 2 {
		t.Errorf("exit code %d, %d roles assumed: %s", code, assumed.Load(), errs.String())
	}
	_, again, code := runLine(t, args...)
	if code != exitDone || !strings.Contains(again, "2 accounts exported, 1 there before, 0 not read") || assumed.Load() != 4 {
		t.Errorf("exit code %d, %d roles assumed: %s", code, assumed.Load(), again)
	}
}
