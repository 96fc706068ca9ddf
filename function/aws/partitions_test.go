package aws

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/auth"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// sdkPartition is what the SDK knows of a partition.
type sdkPartition struct {
	ID          string `json:"id"`
	RegionRegex string `json:"regionRegex"`
	Outputs     struct {
		DNSSuffix string `json:"dnsSuffix"`
	} `json:"outputs"`
	Regions map[string]any `json:"regions"`
}

// readSDK reads the partitions of the pinned SDK out of the module cache.
func readSDK(t *testing.T) []sdkPartition {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "internal", "endpoints", "awsrulesfn", "partitions.json"))
	if err != nil {
		t.Fatal(err)
	}
	var in struct {
		Partitions []sdkPartition `json:"partitions"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		t.Fatal(err)
	}
	if len(in.Partitions) == 0 {
		t.Fatal("the SDK's file has no partition")
	}
	return in.Partitions
}

// TestPartitionsAreTheSDKs holds the table against the pinned SDK: the same partitions with the same DNS suffixes, and each
// Region of the SDK in the same partition.
func TestPartitionsAreTheSDKs(t *testing.T) {
	known, regions := readSDK(t), 0
	if len(known) != len(PartitionNames()) {
		t.Errorf("the SDK has %d partitions, the table %d", len(known), len(PartitionNames()))
	}
	for _, want := range known {
		p := PartitionNamed(want.ID)
		if p.Name != want.ID || p.DNSSuffix != want.Outputs.DNSSuffix || !IsPartition(want.ID) {
			t.Errorf("partition %s = %+v, and the SDK has %+v", want.ID, p, want.Outputs)
		}
		if !regexp.MustCompile(want.RegionRegex).MatchString(p.GlobalRegion) {
			t.Errorf("the global Region %s is not of partition %s", p.GlobalRegion, p.Name)
		}
		for region := range want.Regions {
			if strings.HasSuffix(region, "-global") {
				continue // It stands for all Regions of a partition.
			}
			if regions++; PartitionOfRegion(region).Name != want.ID || !IsRegion(region) {
				t.Errorf("Region %s is in partition %s, want %s", region, PartitionOfRegion(region).Name, want.ID)
			}
		}
	}
	if regions == 0 {
		t.Error("no Region was compared")
	}
	t.Logf("compared %d partitions and %d Regions", len(known), regions)
}

// TestGlobalRegionIsWhereIAMRuns asks the SDK for IAM's endpoint of each Region: requests are signed for the Region that IAM
// runs in.
func TestGlobalRegionIsWhereIAMRuns(t *testing.T) {
	asked := 0
	for _, known := range readSDK(t) {
		for region := range known.Regions {
			endpoint, err := iam.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), iam.EndpointParameters{
				Region: sdk.String(region), UseDualStack: sdk.Bool(false), UseFIPS: sdk.Bool(false),
			})
			if err != nil {
				t.Fatal(err)
			}
			options, ok := auth.GetAuthOptions(&endpoint.Properties)
			if !ok || len(options) == 0 {
				t.Fatalf("IAM's endpoint of %s names no signing Region", region)
			}
			p := PartitionNamed(known.ID)
			if signed, _ := smithyhttp.GetSigV4SigningRegion(&options[0].SignerProperties); signed != p.GlobalRegion {
				t.Errorf("IAM of %s is in %s, and the table has %s", region, signed, p.GlobalRegion)
			}
			if host := endpoint.URI.Hostname(); !strings.HasSuffix(host, "."+p.DNSSuffix) {
				t.Errorf("IAM of %s is at %s, and the table has %s", region, host, p.DNSSuffix)
			}
			asked++
		}
	}
	if asked == 0 {
		t.Error("no Region was asked for")
	}
}

func TestCutDNSSuffix(t *testing.T) {
	for host, want := range map[string]string{
		"lambda.amazonaws.com": "lambda", "lambda.cn-north-1.amazonaws.com.cn": "lambda.cn-north-1", "lambda.amazonaws.eu": "lambda",
		"lambda.us-iso-east-1.c2s.ic.gov": "lambda.us-iso-east-1", "lambda.example.com": "", "amazonaws.com": "",
	} {
		if got, ok := CutDNSSuffix(host); ok != (want != "") || ok && got != want {
			t.Errorf("CutDNSSuffix(%s) = %q, %t, want %q", host, got, ok, want)
		}
	}
}

// TestUnknownIsStandard takes what AWS does not have yet for the standard partition.
func TestUnknownIsStandard(t *testing.T) {
	for _, got := range []string{PartitionNamed("aws-moon").Name, PartitionOfRegion("moon-east-1").Name, PartitionOfARN("orders")} {
		if got != "aws" {
			t.Errorf("partition = %s, want aws", got)
		}
	}
	if IsPartition("aws-moon") {
		t.Error("aws-moon is taken for a partition")
	}
	if got := PartitionOfARN("arn:aws-eusc:iam::111122223333:role/r"); got != "aws-eusc" {
		t.Errorf("partition = %s, want aws-eusc", got)
	}
}

func TestGlobalRegion(t *testing.T) {
	for region, want := range map[string]string{
		"us-east-1": "us-east-1", "eu-central-1": "us-east-1", "us-gov-east-1": "us-gov-west-1",
		"cn-northwest-1": "cn-north-1", "us-isob-east-1": "us-isob-east-1", "us-iso-west-1": "us-iso-east-1",
	} {
		if got := PartitionOfRegion(region).GlobalRegion; got != want {
			t.Errorf("global Region of %s = %s, want %s", region, got, want)
		}
	}
}
