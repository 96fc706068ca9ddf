package aws_test

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
)

func TestRegionsAreKnownByTheirForm(t *testing.T) {
	for _, text := range []string{"us-east-1", "ap-southeast-7", "us-gov-west-1", "us-isob-east-1", "eu-isoe-west-1", "eusc-de-east-1", "cn-north-1", "mx-central-1"} {
		if !aws.IsRegion(text) {
			t.Errorf("%q is a Region", text)
		}
	}
	for _, text := range []string{"", "moon", "europe-west-1", "foobar-x-1", "us-east-1a", "us-east", "US-EAST-1", "us-east-1 ", "us--1", "u-east-1"} {
		if aws.IsRegion(text) {
			t.Errorf("%q is not a Region", text)
		}
	}
	for _, name := range aws.PartitionNames() {
		if region := aws.PartitionNamed(name).GlobalRegion; !aws.IsRegion(region) || aws.PartitionOfRegion(region).Name != name {
			t.Errorf("the global Region of %s is %q", name, region)
		}
	}
}
