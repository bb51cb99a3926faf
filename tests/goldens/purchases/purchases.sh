#!/usr/bin/env bash
# Purchases of the plan `A `title` with $(two) lines`, written by bursar VERSION with price book d46616000870 of 2026-05-12.
# It was made on the usage of 2026-07-01T00:00Z to 2026-07-03T00:00Z, which costs $50.58 under it.
# Buy as the account that the plan is made for: default.
#
# A Savings Plan of at most 100 dollars an hour may be returned within seven days of its purchase, in the
# same UTC calendar month, by the account that bought it; an organization may return ten in a calendar year.
# https://docs.aws.amazon.com/savingsplans/latest/userguide/return-sp.html
# A Reserved Instance cannot be returned.
#
# Nothing has been bought. Without `--buy` this script looks the offerings up and shows the commands:
#   bash purchases.sh              show all
#   bash purchases.sh --buy        buy all
#   bash purchases.sh --buy 2 3    buy purchases 2 and 3 only
# Buying a Savings Plan again does nothing (its client token is the same); buying a Reserved Instance or a Host
# Reservation again buys another one. What belongs to one account is bought as that account alone: run the script once
# as each, and name only what it should buy.
set -euo pipefail
count=7

buy=no
if [ "${1:-}" = --buy ]; then
  buy=yes
  shift
fi
for number in "$@"; do
  if ! [[ "$number" =~ ^[1-9][0-9]*$ ]] || [ "$number" -gt "$count" ]; then
    echo "there is no purchase $number: they are numbered from 1 to $count" >&2
    exit 2
  fi
done
only=" $* "

# wanted NUMBER: whether this purchase is asked for.
wanted() {
  [ "$only" = "  " ] || [[ "$only" == *" $1 "* ]]
}

# offering NUMBER ID...: the one offering that was looked up; the end where there is none, or a choice.
offering() {
  if [ $# -ne 2 ] || [ "$2" = None ]; then
    echo "purchase $1: AWS lists $(($# - 1)) offerings for it, not one; nothing was bought for it" >&2
    exit 1
  fi
  echo "$2"
}

# run COMMAND...: runs it with --buy, shows it without.
run() {
  if [ "$buy" = yes ]; then
    "$@"
  else
    printf '%q ' "$@"
    printf '\n'
  fi
}

# owner NUMBER ACCOUNT: whether this is run as the account whose hosts or capacity it is.
owner() {
  local caller
  caller=$(aws sts get-caller-identity --query Account --output text)
  if [ "$caller" != "$2" ]; then
    echo "purchase $1: it is for account $2, and this is $caller; left out, run the script as $2 for it" >&2
    return 1
  fi
}

# chosen NUMBER COUNT HOST...: so many of the hosts that were looked up, the first ones; the end where there are fewer.
chosen() {
  if [ "${3:-None}" = None ] || [ $(($# - 2)) -lt "$2" ]; then
    echo "purchase $1: it is for $2 hosts, and AWS lists fewer of the family without a reservation; nothing was bought" >&2
    exit 1
  fi
  echo "${@:3:$2}"
}

# 1 of 7: 3 x Standard Reserved Instance, m7g.large Linux in us-east-1, 1 year, No Upfront
# Cannot be returned; it may be sold in the Reserved Instance Marketplace.
if wanted 1; then
  found=$(aws ec2 describe-reserved-instances-offerings --no-include-marketplace \
    --region us-east-1 \
    --instance-type m7g.large \
    --product-description Linux/UNIX \
    --instance-tenancy default \
    --offering-class standard \
    --offering-type 'No Upfront' \
    --min-duration 31536000 \
    --max-duration 31536000 \
    --filters Name=scope,Values=Region \
    --query 'ReservedInstancesOfferings[].ReservedInstancesOfferingId' \
    --output text)
  # shellcheck disable=SC2086
  id=$(offering 1 $found)
  run aws ec2 purchase-reserved-instances-offering \
    --region us-east-1 \
    --instance-count 3 \
    --reserved-instances-offering-id "$id"
fi

# 2 of 7: 1 x Convertible Reserved Instance, r5.xlarge Windows with SQL Std in eu-west-1 (Dedicated tenancy), 3 years, Partial Upfront
# Cannot be returned; it may be exchanged for another Convertible Reserved Instance.
if wanted 2; then
  found=$(aws ec2 describe-reserved-instances-offerings --no-include-marketplace \
    --region eu-west-1 \
    --instance-type r5.xlarge \
    --product-description 'Windows with SQL Server Standard' \
    --instance-tenancy dedicated \
    --offering-class convertible \
    --offering-type 'Partial Upfront' \
    --min-duration 94608000 \
    --max-duration 94608000 \
    --filters Name=scope,Values=Region \
    --query 'ReservedInstancesOfferings[].ReservedInstancesOfferingId' \
    --output text)
  # shellcheck disable=SC2086
  id=$(offering 2 $found)
  run aws ec2 purchase-reserved-instances-offering \
    --region eu-west-1 \
    --instance-count 1 \
    --reserved-instances-offering-id "$id"
fi

# 3 of 7: $0.313 an hour, EC2 Instance Savings Plan, c7i in us-east-1, 1 year, No Upfront
# May be returned within seven days of its purchase, in the same UTC calendar month.
if wanted 3; then
  found=$(aws savingsplans describe-savings-plans-offerings \
    --plan-types EC2Instance \
    --product-type EC2 \
    --payment-options 'No Upfront' \
    --durations 31536000 \
    --currencies USD \
    --filters name=region,values=us-east-1 name=instanceFamily,values=c7i \
    --query 'searchResults[].offeringId' \
    --output text)
  # shellcheck disable=SC2086
  id=$(offering 3 $found)
  run aws savingsplans create-savings-plan \
    --commitment 0.313 \
    --client-token bursar-db47fc122e01bfa6-3 \
    --savings-plan-offering-id "$id"
fi

# 4 of 7: $100.001 an hour, Compute Savings Plan, all compute, 3 years, Partial Upfront
# Cannot be returned: it commits to more than 100 dollars an hour.
if wanted 4; then
  found=$(aws savingsplans describe-savings-plans-offerings \
    --plan-types Compute \
    --product-type EC2 \
    --payment-options 'Partial Upfront' \
    --durations 94608000 \
    --currencies USD \
    --query 'searchResults[].offeringId' \
    --output text)
  # shellcheck disable=SC2086
  id=$(offering 4 $found)
  run aws savingsplans create-savings-plan \
    --commitment 100.001 \
    --client-token bursar-db47fc122e01bfa6-4 \
    --savings-plan-offering-id "$id"
fi

# 5 of 7: 1 x Standard Reserved Instance, m5.large Ubuntu Pro in us-east-1, 1 year, No Upfront
# Cannot be returned; it may be sold in the Reserved Instance Marketplace.
if wanted 5; then
  echo 'purchase 5: the AWS CLI has no documented product description for Ubuntu Pro; buy it in the console' >&2
  exit 1
fi

# 6 of 7: 2 x Standard Reserved Instance, r5.large Linux in us-east-1 (zone us-east-1a, 444455556666), 1 year, No Upfront
# Cannot be returned; it may be sold in the Reserved Instance Marketplace.
if wanted 6 && owner 6 444455556666; then
  # As 444455556666: the capacity is held for the account that buys.
  found=$(aws ec2 describe-reserved-instances-offerings --no-include-marketplace \
    --region us-east-1 \
    --availability-zone us-east-1a \
    --instance-type r5.large \
    --product-description Linux/UNIX \
    --instance-tenancy default \
    --offering-class standard \
    --offering-type 'No Upfront' \
    --min-duration 31536000 \
    --max-duration 31536000 \
    --filters 'Name=scope,Values=Availability Zone' \
    --query 'ReservedInstancesOfferings[].ReservedInstancesOfferingId' \
    --output text)
  # shellcheck disable=SC2086
  id=$(offering 6 $found)
  run aws ec2 purchase-reserved-instances-offering \
    --region us-east-1 \
    --instance-count 2 \
    --reserved-instances-offering-id "$id"
fi

# 7 of 7: 2 x Dedicated Host Reservation, m5 hosts of 444455556666 in us-east-1, 1 year, All Upfront
# Cannot be changed, cancelled or sold.
if wanted 7 && owner 7 444455556666; then
  # As 444455556666, whose hosts they are.
  found=$(aws ec2 describe-host-reservation-offerings \
    --region us-east-1 \
    --filter Name=instance-family,Values=m5 Name=payment-option,Values=AllUpfront \
    --min-duration 31536000 \
    --max-duration 31536000 \
    --query 'OfferingSet[].OfferingId' \
    --output text)
  # shellcheck disable=SC2086
  id=$(offering 7 $found)
  # shellcheck disable=SC2016
  hosts=$(aws ec2 describe-hosts \
    --region us-east-1 \
    --filter Name=state,Values=available \
    --query 'Hosts[?HostProperties.InstanceFamily==`"m5"` && !HostReservationId].HostId' \
    --output text)
  # shellcheck disable=SC2086
  hosts=$(chosen 7 2 $hosts)
  # shellcheck disable=SC2086
  run aws ec2 purchase-host-reservation \
    --region us-east-1 \
    --client-token bursar-db47fc122e01bfa6-7 \
    --host-id-set $hosts \
    --offering-id "$id"
fi
