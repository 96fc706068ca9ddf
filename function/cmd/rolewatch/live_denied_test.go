package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// lambdaCalls are the paths of the calls that tests deny, as the API reference has them.
var lambdaCalls = map[string]*regexp.Regexp{
	"ListFunctions":                  regexp.MustCompile(`^GET /2015-03-31/functions/?$`),
	"GetFunctionConfiguration":       regexp.MustCompile(`^GET /2015-03-31/functions/[^/]+/configuration$`),
	"GetPolicy":                      regexp.MustCompile(`^GET /2015-03-31/functions/[^/]+/policy$`),
	"ListAliases":                    regexp.MustCompile(`^GET /2015-03-31/functions/[^/]+/aliases$`),
	"ListTags":                       regexp.MustCompile(`^GET /2017-03-31/tags/`),
	"ListFunctionEventInvokeConfigs": regexp.MustCompile(`^GET /2019-09-25/functions/[^/]+/event-invoke-config/list$`),
	"ListCapacityProviders":          regexp.MustCompile(`^GET /2025-11-30/capacity-providers/?$`),
	"ListFunctionUrlConfigs":         regexp.MustCompile(`^GET /2021-10-31/functions/[^/]+/urls$`),
}

// signedFor finds the Region that a request is signed for.
var signedFor = regexp.MustCompile(`Credential=[^/]+/[0-9]+/([^/]+)/`)

// denying stands before an emulator and denies calls of Lambda's as AWS does.
func denying(t *testing.T, endpoint string, calls ...string) string {
	t.Helper()
	return answering(t, endpoint, func(w http.ResponseWriter, call string) {
		w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"Message":"User is not authorized to perform: lambda:%s"}`, call)
	}, calls...)
}

// answering stands before an emulator and answers calls of Lambda's, each a name, or a name and a Region ("GetPolicy in
// eu-west-1"). It ends the test if one of them never came.
func answering(t *testing.T, endpoint string, answer func(http.ResponseWriter, string), calls ...string) string {
	t.Helper()
	to, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	came := map[string]chan struct{}{}
	for _, c := range calls {
		came[c] = make(chan struct{}, 1)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.Transport = &http.Transport{DisableKeepAlives: true}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		region := signedFor.FindStringSubmatch(r.Header.Get("Authorization"))
		for call, seen := range came {
			name, in, _ := strings.Cut(call, " in ")
			if !lambdaCalls[name].MatchString(r.Method+" "+r.URL.Path) || in != "" && (region == nil || region[1] != in) {
				continue
			}
			select {
			case seen <- struct{}{}:
			default:
			}
			answer(w, name)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.Close()
		for call, seen := range came {
			if len(seen) == 0 {
				t.Errorf("%s was never called", call)
			}
		}
	})
	return server.URL
}

// whatIsDeniedIsToldOnce denies what checks ask for: it is unknown, is told once however many functions there are, and
// the export has nothing in its place.
func whatIsDeniedIsToldOnce(t *testing.T, e emulator) {
	talkTo(t, denying(t, e.endpoint, "GetFunctionConfiguration", "ListTags", "ListCapacityProviders", "GetPolicy in "+awstest.Region))

	out, errs, code := runLine(t, "scan", "--region", awstest.Region, "--format", "json")
	if code != exitFound || strings.Count(out, "lambda:GetPolicy was denied") != 1 || strings.Contains(out, `"check":"RW407"`) {
		t.Errorf("scan: exit code %d: %s%s", code, errs, out)
	}
	dir := filepath.Join(t.TempDir(), "account")
	_, errs, code = runLine(t, "export", "--region", awstest.Region, dir)
	want := `rolewatch: not written: Tags of functions: lambda:ListTags was denied in us-east-1
rolewatch: not written: State of functions: lambda:GetFunctionConfiguration was denied in us-east-1
rolewatch: not written: capacity-providers*: lambda:ListCapacityProviders was denied in us-east-1
rolewatch: not written: function-policies*: lambda:GetPolicy was denied in us-east-1
`
	if code != exitDone || errs != want {
		t.Errorf("export: exit code %d: %s", code, errs)
	}
	if _, err := os.Stat(filepath.Join(dir, "function-policies")); !os.IsNotExist(err) {
		t.Errorf("the export has a folder that says that no function has a resource policy: %v", err)
	}
	if diff := diffFindings(t, out, dir); diff != "" {
		t.Errorf("the scan of the export tells something else (-live +export):\n%s", diff)
	}
}

// anExportFillsAFolder writes into an empty folder, and into none when something goes wrong.
func anExportFillsAFolder(t *testing.T, e emulator) {
	talkTo(t, e.endpoint)
	t.Chdir(t.TempDir())
	if _, errs, code := runLine(t, "export", "--region", awstest.Region, "."); code != exitDone {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	if _, err := os.Stat("iam.json"); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(".rolewatch*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}

	t.Chdir(t.TempDir())
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Errortype", "InvalidParameterValueException")
		w.WriteHeader(http.StatusBadRequest)
	}))
	t.Cleanup(broken.Close)
	t.Setenv("AWS_ENDPOINT_URL_LAMBDA", broken.URL)
	_, errs, code := runLine(t, "export", "--region", awstest.Region, ".")
	if left, err := os.ReadDir("."); code != exitError || err != nil || len(left) > 0 {
		t.Errorf("exit code %d: %s; left behind: %v, %v", code, errs, left, err)
	}
}

// TestARegionHasToBeNamedAsOne refuses what is none before anything is called, and says when there is none at all.
func TestARegionHasToBeNamedAsOne(t *testing.T) {
	if _, errs, code := runLine(t, "scan", "--region", "us-east1"); code != exitUsage || !strings.Contains(errs, `"us-east1" is not a Region`) {
		t.Errorf("exit code %d: %s", code, errs)
	}
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	if _, errs, code := runLine(t, "scan"); code != exitError || !strings.Contains(errs, "set one with --region or AWS_REGION") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
