package aws

import (
	"slices"
	"strings"
	"testing"
)

func TestIdentityProviderAt(t *testing.T) {
	for host, want := range map[string]string{
		"token.actions.githubusercontent.com":                          "GitHub Actions",
		"token.actions.githubusercontent.com/acme":                     "GitHub Actions in the enterprise",
		"accounts.google.com":                                          "Google",
		"oidc.eks.eu-central-1.amazonaws.com/id/ABCDEF0123456789":      "an EKS cluster",
		"gitlab.com/of-one-customer":                                   "",
		"cognito-identity.cn-north-1.amazonaws.com.cn":                 "Amazon Cognito",
		"https://token.actions.githubusercontent.com":                  "",
		"rolewatch.example.com":                                        "",
		"cognito-identity-us-gov.amazonaws.com":                        "Amazon Cognito",
		"oidc.eks.cn-north-1.amazonaws.com.cn/id/ABCDEF0123456789ABCD": "an EKS cluster",
	} {
		if p, ok := IdentityProviderAt(host); p.Label != want || ok != (want != "") {
			t.Errorf("the provider at %s is %q, want %q", host, p.Label, want)
		}
	}
}

// TestBuiltInProviders holds them to the ones that the IAM User Guide names.
func TestBuiltInProviders(t *testing.T) {
	want := []string{"accounts.google.com", "cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com"}
	if got := BuiltInProviders(); !slices.Equal(got, want) {
		t.Errorf("built in are %q, want %q", got, want)
	}
	for _, p := range identityProviders.rows {
		if IsBuiltInProvider(p.Host) != p.BuiltIn {
			t.Errorf("%s: built in %t", p.Host, IsBuiltInProvider(p.Host))
		}
		if p.Claim == "" && p.Subject != "" || p.Owner != "" && p.Until == "" {
			t.Errorf("%s: a subject without its claim, or an owner without an end", p.Host)
		}
		if p.Owner != "" && len(p.Forms) == 0 {
			t.Errorf("%s: an owner, and no form of the claim", p.Host)
		}
		for _, form := range p.Forms {
			if !strings.HasPrefix(form, p.Owner+"NAME"+p.Until) {
				t.Errorf("%s: the form %s does not begin with the owner", p.Host, form)
			}
		}
	}
}
