package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// accountOf stands for AWS. It gives temporary credentials, whose key is named after the role and the MFA code, and says
// to each caller that the account is that of the access key.
func accountOf(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/listRegions" {
			fmt.Fprint(w, `{"Regions": [{"RegionName": "eu-west-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"}]}`)
			return
		}
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		key, _, _ := strings.Cut(r.Header.Get("Authorization"), "/")
		_, key, _ = strings.Cut(key, "Credential=")
		if form.Get("Action") == "AssumeRole" {
			fmt.Fprintf(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>%s-%s-%s</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
				<SessionToken>t</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
				key, form.Get("SerialNumber"), form.Get("TokenCode"), time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
			return
		}
		fmt.Fprintf(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/u</Arn><Account>%s</Account>
			</GetCallerIdentityResult></GetCallerIdentityResponse>`, key)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestAProfileIsThatOfTheAWSCLI holds that a named profile comes before the credentials of the environment, and its Region
// after that of the environment.
func TestAProfileIsThatOfTheAWSCLI(t *testing.T) {
	profiles(t)
	for _, test := range []struct{ profile, environment, region, account, home string }{
		{"", "", awstest.Region, "test", awstest.Region},
		{"", "prod", awstest.Region, "test", awstest.Region},
		{"prod", "", "", "PROD", "eu-west-1"},
		{"prod", "admin", awstest.Region, "PROD", awstest.Region},
	} {
		talkTo(t, accountOf(t))
		t.Setenv("AWS_PROFILE", test.environment)
		t.Setenv("AWS_REGION", test.region)
		w := world{in: &bytes.Buffer{}, err: io.Discard, now: time.Now}
		who, err := whoAmI(t.Context(), &w, liveFlags{profile: test.profile})
		if err != nil || who.account != test.account || who.cfg.Region != test.home {
			t.Errorf("%+v: account %s, Region %s, %v", test, who.account, who.cfg.Region, err)
		}
	}
}

// profiles writes the AWS CLI's files, and leads the SDK to them.
func profiles(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"credentials": "[prod]\naws_access_key_id = PROD\naws_secret_access_key = s\n[base]\naws_access_key_id = BASE\naws_secret_access_key = s\n",
		"config": "[profile prod]\nregion = eu-west-1\n" +
			"[profile admin]\nrole_arn = arn:aws:iam::111122223333:role/admin\nsource_profile = base\nmfa_serial = mfa/jo\nregion = eu-west-1\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
}

// redirecting sends every request to one server: the SDK calls STS for a profile's role at its own endpoint, whatever the
// environment says.
type redirecting struct{ host string }

func (r redirecting) Do(request *http.Request) (*http.Response, error) {
	request.URL.Scheme, request.URL.Host = "http", r.host
	return http.DefaultClient.Do(request)
}

// TestAProfileWithMFAAsksForTheCode asks on the error output, with the results' output left alone.
func TestAProfileWithMFAAsksForTheCode(t *testing.T) {
	profiles(t)
	t.Setenv("AWS_CA_BUNDLE", "") // Only the SDK's own client takes one.
	host := strings.TrimPrefix(accountOf(t), "http://")
	for _, test := range []struct{ in, key, fails string }{
		{"123456\n", "BASE-mfa/jo-123456", ""},
		{"123456", "BASE-mfa/jo-123456", ""},
		{"", "", "read MFA code for mfa/jo: EOF"},
	} {
		var out, errs bytes.Buffer
		w := world{in: strings.NewReader(test.in), out: &out, err: &errs, now: time.Now}
		flags := liveFlags{profile: "admin"}
		cfg, err := awsaccount.LoadConfig(t.Context(), "", append(flags.configuration(&w), config.WithHTTPClient(redirecting{host}))...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := cfg.Credentials.Retrieve(t.Context())
		if got.AccessKeyID != test.key || (err != nil) != (test.fails != "") || err != nil && !strings.Contains(err.Error(), test.fails) {
			t.Errorf("%q: access key %q, error %v", test.in, got.AccessKeyID, err)
		}
		if errs.String() != "Enter MFA code for mfa/jo: " || out.Len() > 0 {
			t.Errorf("asked %q, and printed %q", errs.String(), out.String())
		}
	}
}
