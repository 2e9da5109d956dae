state >= 3
    and epoch = ($3::bigint[])[width_bucket(id, $2::bigint[])]
